"""How programs are run inside the image's root."""

from __future__ import annotations

from pathlib import Path

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
