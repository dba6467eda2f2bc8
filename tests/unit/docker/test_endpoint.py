"""Where the engine is, and how programs run beside it."""

from __future__ import annotations

import pytest

from machine.docker.endpoint import DockerEndpoint

PRIVATE = DockerEndpoint("unix:///c/docker.sock", "/c/namespaces/net", private=True, tools=("/c/bin",))
USERS = DockerEndpoint("", None, private=False)


def test_programs_beside_the_private_engine_run_in_its_network() -> None:
    assert PRIVATE.command("kind", "version") == [
        "nsenter",
        "--net=/c/namespaces/net",
        "--",
        "kind",
        "version",
    ]


def test_programs_beside_the_users_engine_run_as_they_are() -> None:
    assert USERS.command("kind", "version") == ["kind", "version"]


def test_the_private_engines_programs_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert PRIVATE.environment()["PATH"] == "/c/bin:/usr/bin"
    assert PRIVATE.with_tools(["/tools"]).environment()["PATH"] == "/tools:/c/bin:/usr/bin"


def test_the_private_engine_is_named_to_docker_and_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    environment = PRIVATE.environment()
    assert environment["DOCKER_HOST"] == "unix:///c/docker.sock"
    assert environment["DOCKER_CONTEXT"] == ""


def test_the_users_own_choice_of_engine_is_left_alone() -> None:
    assert "DOCKER_HOST" not in USERS.environment()
