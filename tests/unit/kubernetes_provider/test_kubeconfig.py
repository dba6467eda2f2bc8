"""Kubeconfigs in all their shapes."""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from providers.kubeclient import kubeconfig
from providers.kubeclient.credentials import Credentials
from providers.kubeclient.kubeconfig import Access, KubeconfigError

_AUTH_PROVIDER = (
    "the kubeconfig's user logs in by an auth-provider, which Kubernetes removed in 1.26; use an exec "
    "plugin (for "
    "example kubelogin, gke-gcloud-auth-plugin) instead"
)


_INTERACTIVE = (
    "the kubeconfig's login program ask-me has to ask you (interactiveMode: Always) and there is no terminal "
    "here: use one that need not, or a token or certificate that it made"
)


def _config(**user: Any) -> dict[str, Any]:
    return {
        "current-context": "x",
        "clusters": [
            {"name": "a", "cluster": {"server": "https://a.example.com/"}},
            {"name": "b", "cluster": {"server": "https://b.example.com"}},
        ],
        "contexts": [
            {"name": "x", "context": {"cluster": "a", "user": "u", "namespace": "team"}},
            {"name": "y", "context": {"cluster": "b", "user": "u"}},
        ],
        "users": [{"name": "u", "user": user}],
    }


def test_the_current_context_is_taken() -> None:
    access = kubeconfig.load(json.dumps(_config(token="t")))

    assert (access.server, access.namespace, access.user) == ("https://a.example.com", "team", {"token": "t"})


def test_context_and_cluster_can_be_chosen() -> None:
    text = json.dumps(_config())

    assert kubeconfig.load(text, "y").server == "https://b.example.com"
    assert kubeconfig.load(text, "x", "b").server == "https://b.example.com"


def test_a_path_is_read_and_its_files_are_beside_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t\n")
    (tmp_path / "config").write_text(json.dumps(_config(tokenFile="token")))

    access = kubeconfig.load(str(tmp_path / "config"))

    assert access.user == {"tokenFile": str(tmp_path / "token")}
    assert Credentials(access).header() == "Bearer t"


def test_the_first_file_of_several_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text(json.dumps({"current-context": "y"}))
    second.write_text(json.dumps(_config()))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}:{second}")

    assert kubeconfig.load(None).server == "https://b.example.com"


def test_without_any_kubeconfig_the_reader_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.load(None)
    assert str(caught.value) == (
        "no kubeconfig was found: set kubeconfig on the provider, KUBECONFIG, or write ~/.kube/config"
    )


@pytest.mark.parametrize(
    ("text", "context", "message"),
    [
        ("not: [a kubeconfig", None, "yaml: line 1: did not find expected ',' or ']'"),
        ("just words", None, "yaml: it is not a mapping"),
        ("/no/such/file", None, "there is no file /no/such/file"),
        (json.dumps(_config()), "nope", 'context "nope" does not exist'),
        (json.dumps({"clusters": []}), None, 'cluster "" does not exist or has no server'),
        (
            json.dumps(_config(**{"auth-provider": {"name": "gcp"}})),
            None,
            _AUTH_PROVIDER,
        ),
        (
            json.dumps(_config(exec={"command": "ask-me", "interactiveMode": "Always"})),
            None,
            _INTERACTIVE,
        ),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_refused(text: str, context: str | None, message: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.load(text, context)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "{} cannot be read: it is not text"),
        (b"clusters: [a]", "yaml: an entry of clusters is not a mapping"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_bytes(data)

    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.load(str(file))
    assert str(caught.value) == message.format(file)


def test_a_credential_does_not_show_in_a_repr() -> None:
    assert "hunter2" not in repr(Access("https://a.example.com", user={"token": "hunter2"}))


def test_name_and_password_are_a_basic_login() -> None:
    header = Credentials(Access("https://a.example.com", user={"username": "u", "password": "p"})).header()

    assert header == f"Basic {base64.b64encode(b'u:p').decode()}"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "ended with status 3: it said nothing"),
        ("echo expired >&2; exit 1", "ended with status 1: expired"),
        ("echo nothing useful", "printed no ExecCredential with a status"),
    ],
)
def test_a_login_program_that_fails_is_told_without_a_secret(script: str, message: str) -> None:
    login = {"command": "sh", "args": ["-c", script]}

    with pytest.raises(KubeconfigError) as caught:
        Credentials(Access("https://a.example.com", user={"exec": login})).header()
    assert str(caught.value) == f"the login program sh {message}"


def test_a_user_acts_as_the_one_that_the_kubeconfig_names() -> None:
    user = {"as": "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"x/y": ["1", "2"]}}

    headers = Credentials(Access("https://a.example.com", user=user)).impersonation()

    assert headers == [
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-x%2Fy", "1"),
        ("Impersonate-Extra-x%2Fy", "2"),
    ]


def test_a_token_file_is_newer_than_the_token_beside_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("new\n")
    user = {"token": "old", "tokenFile": str(tmp_path / "token")}

    assert Credentials(Access("https://a.example.com", user=user)).header() == "Bearer new"


def test_a_login_program_learns_what_cluster_it_is_for() -> None:
    script = 'echo "{\\"status\\": {\\"token\\": \\"$(echo $KUBERNETES_EXEC_INFO | tr -dc a-z0-9.)\\"}}"'
    login = {"command": "sh", "args": ["-c", script], "provideClusterInfo": True}

    header = Credentials(Access("https://a.example.com", user={"exec": login})).header()

    assert "a.example.com" in str(header)


def test_a_wrong_certificate_is_refused_by_name() -> None:
    data = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n").decode()

    with pytest.raises(KubeconfigError) as caught:
        Credentials(Access("https://a.example.com", cluster={"certificate-authority-data": data})).tls()
    assert str(caught.value).startswith("the kubeconfig's certificates cannot be used: ")


def test_a_connection_does_not_change_the_context_that_threads_share(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(ssl.SSLContext, "set_alpn_protocols", lambda self, protocols: told.append(protocols))

    context = Credentials(Access("https://a.example.com")).tls()
    assert isinstance(context, ssl.SSLContext)
    context.set_alpn_protocols(["http/1.1", "h2"])

    assert told == [["http/1.1"]]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_an_insecure_cluster_is_not_checked() -> None:
    access = Access("https://a.example.com", cluster={"insecure-skip-tls-verify": True})

    context = Credentials(access).tls()

    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)
