"""How programs are run inside the image's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers.torchserve import root


def test_root_needs_no_user_namespace_and_others_get_one() -> None:
    command = ["/usr/bin/python3", "-c", "pass"]
    as_root = root.command_in_root(Path("/r"), command, Path("/w"), as_root=True)
    as_user = root.command_in_root(Path("/r"), command, Path("/w"), as_root=False)
    assert "--user" not in as_root
    assert [part for part in as_user if part not in as_root] == ["--user", "--map-root-user"]


def test_folders_and_command_are_arguments_and_never_script() -> None:
    argv = root.command_in_root(Path("/r; rm"), ["echo", "$(id)"], Path("/w w"), as_root=True)
    script = argv[argv.index("-ec") + 1]
    assert argv[-5:] == ["sh", "/r; rm", "/w w", "echo", "$(id)"]
    assert "rm" not in script.split()
    assert "id" not in script.split()


def test_everything_dies_with_the_one_that_started_it() -> None:
    argv = root.command_in_root(Path("/r"), ["true"], Path("/w"), as_root=True)
    assert {"--pid", "--fork", "--kill-child", "--mount"} <= set(argv)


def test_who_may_make_no_namespace_is_told_in_the_words_of_who_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "unshare"
    program.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert root.why_barred() == "unshare: unshare failed: Operation not permitted"
    program.write_text("#!/bin/sh\n")
    assert root.why_barred() == ""


def test_root_is_asked_for_no_user_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert root.why_barred() == ""
