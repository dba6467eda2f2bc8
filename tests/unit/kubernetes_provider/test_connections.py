"""The way to the API server: proxies, names of certificates, logins that run out."""

from __future__ import annotations

import datetime as dt
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.kubeclient.client import Client, Unreachable
from providers.kubeclient.kubeconfig import Access, KubeconfigError
from tests.unit.kubernetes_provider.apidouble import ApiDouble, refuse
from tests.unit.kubernetes_provider.connections import Pair, ProxyDouble, pair, secure

_NAME = "api.cluster.example"
_LISTED = "APIResourceList"


@pytest.fixture
def server() -> Iterator[ApiDouble]:
    double = ApiDouble()
    yield double
    double.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Pair:
    return pair(tmp_path, _NAME)


def _client(server: str, certificate: Pair, user: dict[str, Any] | None = None, **cluster: str) -> Client:
    entry = {"certificate-authority": str(certificate.certificate), **cluster}
    return Client(Access(server, cluster=entry, user=user or {}), lambda _: None, threading.Event())


def _direct(api: ApiDouble) -> str:
    return f"https://127.0.0.1:{api.server.server_port}"


def test_a_server_may_prove_another_name_than_its_address(server: ApiDouble, certificate: Pair) -> None:
    secure(server, certificate)
    client = _client(_direct(server), certificate, **{"tls-server-name": _NAME})

    assert client.get("/api/v1")["kind"] == _LISTED
    client.close()


@pytest.mark.parametrize("name", [{}, {"tls-server-name": "other.cluster.example"}])
def test_a_server_that_cannot_prove_its_name_is_not_spoken_to(
    name: dict[str, str], server: ApiDouble, certificate: Pair
) -> None:
    secure(server, certificate)
    client = _client(_direct(server), certificate, {"token": "hunter2"}, **name)

    with pytest.raises(Unreachable, match="certificate verify failed"):
        client.get("/api/v1")
    assert server.calls == []
    client.close()


def test_a_proxy_leads_to_a_server_that_only_it_can_find(server: ApiDouble, certificate: Pair) -> None:
    secure(server, certificate)
    proxy = ProxyDouble(server.server.server_port)
    client = _client(f"https://{_NAME}:6443", certificate, **{"proxy-url": proxy.url})

    assert client.get("/api/v1")["kind"] == _LISTED
    assert proxy.asked == [f"CONNECT {_NAME}:6443 HTTP/1.1"]
    client.close()
    proxy.close()


def test_the_name_to_prove_holds_behind_a_proxy_too(server: ApiDouble, certificate: Pair) -> None:
    secure(server, certificate)
    proxy = ProxyDouble(server.server.server_port)
    asked = {"proxy-url": proxy.url, "tls-server-name": _NAME}
    client = _client("https://10.0.0.1:6443", certificate, **asked)

    assert client.get("/api/v1")["kind"] == _LISTED
    assert proxy.asked == ["CONNECT 10.0.0.1:6443 HTTP/1.1"]
    client.close()
    proxy.close()


def test_a_proxy_of_the_environment_is_taken(
    server: ApiDouble, certificate: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure(server, certificate)
    proxy = ProxyDouble(server.server.server_port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("no_proxy", "")
    client = _client(f"https://{_NAME}:6443", certificate)

    assert client.get("/api/v1")["kind"] == _LISTED
    assert len(proxy.asked) == 1
    client.close()
    proxy.close()


def test_a_proxy_that_refuses_is_told_at_once(certificate: Pair) -> None:
    proxy = ProxyDouble(0, "407 Proxy Authentication Required")
    client = _client(f"https://{_NAME}:6443", certificate, **{"proxy-url": proxy.url})

    with pytest.raises(Unreachable) as caught:
        client.get("/api/v1")
    assert str(caught.value) == (
        f"https://{_NAME}:6443: the proxy refused to connect: 407 Proxy Authentication Required"
    )
    assert len(proxy.asked) == 1
    client.close()
    proxy.close()


def test_a_proxy_of_another_kind_is_refused_without_its_password(certificate: Pair) -> None:
    with pytest.raises(KubeconfigError) as caught:
        _client(f"https://{_NAME}", certificate, **{"proxy-url": "socks5://user:hunter2@proxy.example:1080"})
    assert str(caught.value) == (
        "the kubeconfig's proxy-url is of the kind socks5://, only http:// and https:// proxies are supported"
    )


def _login(folder: Path, *statuses: dict[str, Any]) -> dict[str, Any]:
    """A login program that gives one status after another, and the last again and again."""
    for number, status in enumerate(statuses):
        (folder / f"status-{number}").write_text(json.dumps({"kind": "ExecCredential", "status": status}))
    program = folder / "login"
    program.write_text(
        "#!/bin/sh\n"
        f"cd {folder}; n=$(cat count 2>/dev/null || echo 0); echo $((n+1)) > count\n"
        f"test -f status-$n || n={len(statuses) - 1}\n"
        "cat status-$n\n"
    )
    program.chmod(stat.S_IRWXU)
    return {"exec": {"command": str(program)}}


def _in(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_login_is_renewed_before_it_runs_out(server: ApiDouble, tmp_path: Path) -> None:
    user = _login(
        tmp_path,
        {"token": "brief", "expirationTimestamp": _in(5)},
        {"token": "long", "expirationTimestamp": _in(3600)},
    )
    client = Client(Access(server.url, user=user), lambda _: None, threading.Event())

    for _ in range(3):
        client.get("/api/v1")

    shown = [call.headers["Authorization"] for call in server.calls]
    assert shown == ["Bearer brief", "Bearer long", "Bearer long"]
    assert (tmp_path / "count").read_text() == "2\n"
    client.close()


def test_a_certificate_of_a_login_program_is_renewed_with_its_connection(
    server: ApiDouble, certificate: Pair, tmp_path: Path
) -> None:
    users = [pair(tmp_path, name) for name in ("first", "second")]
    shown = secure(server, certificate, *users)
    statuses = [
        {"clientCertificateData": one.certificate.read_text(), "clientKeyData": one.key.read_text()}
        for one in users
    ]
    client = _client(_direct(server), certificate, _login(tmp_path, *statuses), **{"tls-server-name": _NAME})
    client.get("/api/v1")
    assert shown == ["first"]

    server.script = lambda call: refuse(401, "Unauthorized", "") if shown[-1] == "first" else None

    assert client.get("/api/v1")["kind"] == _LISTED
    assert shown == ["first", "second"]
    assert (tmp_path / "count").read_text() == "2\n"
    client.close()
