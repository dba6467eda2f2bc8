"""Logins that expire, are missing or are refused, against the API server double."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, refuse
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import ask
from tests.unit.kubernetes_provider.test_faults import URN, create_map


def _only(token: str) -> Callable[[Call], Reply | None]:
    def answer(call: Call) -> Reply | None:
        authorised = call.headers.get("Authorization") == f"Bearer {token}"
        return None if authorised else refuse(401, "Unauthorized", "Unauthorized")

    return answer


def test_a_token_file_is_read_again_when_its_token_has_expired(
    configured: Configure, api: ApiDouble, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    provider = configured(None, api.kubeconfig(tokenFile=str(token)))
    api.script = _only("old")
    create_map(provider)

    token.write_text("new")
    api.script = _only("new")

    assert ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m"})["id"] == "n/m"


def _plugin(folder: Path) -> Path:
    """A login program that gives another token at each call."""
    program = folder / "login"
    program.write_text(
        "#!/bin/sh\n"
        f"n=$(cat {folder}/count 2>/dev/null || echo 0); n=$((n+1)); echo $n > {folder}/count\n"
        'echo "{\\"kind\\": \\"ExecCredential\\", \\"status\\": {\\"token\\": \\"$PREFIX$n\\"}}"\n'
    )
    program.chmod(stat.S_IRWXU)
    return program


def test_a_login_program_is_run_again_when_its_token_has_expired(
    configured: Configure, api: ApiDouble, tmp_path: Path
) -> None:
    login = {"command": str(_plugin(tmp_path)), "env": [{"name": "PREFIX", "value": "t"}]}
    provider = configured(None, api.kubeconfig(exec=login))
    api.script = _only("t1")
    create_map(provider)

    api.script = _only("t2")

    assert ask(provider, "Read", {"urn": URN.format("core/v1:ConfigMap"), "id": "n/m"})["id"] == "n/m"
    assert (tmp_path / "count").read_text() == "2\n"


def test_a_login_program_that_is_missing_is_named(configured: Configure, api: ApiDouble) -> None:
    login = {"command": "no-such-login", "installHint": "get it from your cloud"}

    error = create_map(configured(None, api.kubeconfig(exec=login)))["error"]

    assert error["message"] == (
        "configured Kubernetes cluster is unreachable: the login program no-such-login was not found: "
        "get it from your cloud"
    )


def test_a_login_that_is_refused_is_told_as_it_is(configured: Configure, api: ApiDouble) -> None:
    api.script = lambda call: refuse(401, "Unauthorized", "Unauthorized")

    error = create_map(configured())["error"]

    assert error["message"].endswith(
        "was not successfully created by the Kubernetes API server: Unauthorized"
    )
