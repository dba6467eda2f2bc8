"""The user's Docker is taken when it answers here, told of when it answers elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.docker.endpoint import DockerEndpoint
from machine.docker.user import user_engine


def _docker(folder: Path, monkeypatch: pytest.MonkeyPatch, *, answers: bool, host: str) -> None:
    """A double of the `docker` program."""
    script = f"""#!/bin/sh
case "$1" in
version) {"echo 28.0" if answers else "echo cannot connect >&2; exit 1"} ;;
context) echo {host} ;;
esac
"""
    (folder / "docker").write_text(script)
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_an_engine_that_answers_is_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(tmp_path, monkeypatch, answers=True, host="unix:///run/user/1/docker.sock")
    assert user_engine() == DockerEndpoint("unix:///run/user/1/docker.sock", None, private=False)


def test_a_client_without_an_engine_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(tmp_path, monkeypatch, answers=False, host="unix:///var/run/docker.sock")
    assert user_engine() is None


def test_no_client_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert user_engine() is None


def test_an_engine_elsewhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _docker(tmp_path, monkeypatch, answers=True, host="tcp://10.0.0.7:2376")
    with pytest.raises(PlatformError) as refused:
        user_engine()
    assert str(refused.value) == (
        "The Docker Engine is on another machine\n"
        "  seen: tcp://10.0.0.7:2376\n"
        "  why:  API server and ingress are published on 127.0.0.1 of the machine that Docker runs on.\n"
        "  do:   Run this there, or take a local one: unset DOCKER_HOST, `docker context use default`."
    )
