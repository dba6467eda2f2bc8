"""The container's arguments, and the Java command that they become."""

from __future__ import annotations

import pytest

from servers.torchserve import recipe
from servers.torchserve.command_line import Arguments, java_command, parse_arguments
from servers.torchserve.problems import ConfigurationRefused
from servers.torchserve.properties import ModelStore

STORE = ModelStore("127.0.0.1:8085", "127.0.0.1:8085", (), "kserve", 1, (), None)


def test_the_arguments_of_kserves_runtime_are_understood() -> None:
    assert parse_arguments(recipe.COMMAND, {}) == Arguments(
        "/mnt/models/config/config.properties", "/mnt/models/model-store", ()
    )


def test_without_arguments_it_is_what_the_runtime_passes() -> None:
    assert parse_arguments([], {}) == parse_arguments(recipe.COMMAND, {})


def test_the_environment_names_the_configuration_before_the_arguments_do() -> None:
    parsed = parse_arguments(["torchserve", "--start", "--ts-config", "/a"], {"TS_CONFIG_FILE": "/b"})
    assert parsed.config == "/b"


def test_options_for_torchserve_are_passed_on() -> None:
    parsed = parse_arguments(
        ["--ncs", "--enable-model-api", "--foreground", "--models", "a.mar", "b=b.mar"], {}
    )
    assert parsed.passed_on == ("-ncs", "--enable-model-api", "-m", "a.mar", "b=b.mar")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--stop"], "container arguments: unrecognized arguments: --stop"),
        (
            ["serve"],
            "container arguments: argument program: invalid choice: 'serve' (choose from 'torchserve')",
        ),
        (["--model-store"], "container arguments: argument --model-store: expected one argument"),
    ],
)
def test_arguments_that_start_no_server_are_refused(argv: list[str], message: str) -> None:
    with pytest.raises(ConfigurationRefused) as caught:
        parse_arguments(argv, {})
    assert str(caught.value) == message


def test_java_is_started_itself_with_the_users_files() -> None:
    command = java_command(Arguments("/c", "/s", ("-ncs",)), STORE, {"JAVA_HOME": "/j", "TEMP": "/t"})
    assert command[0] == "/j/bin/java"
    assert "-Djava.io.tmpdir=/t" in command
    at = command.index("org.pytorch.serve.ModelServer")
    assert command[at + 1 :] == [
        "--python", "/usr/bin/python3", "-f", "/c", "-s", "/s", "--disable-token-auth", "-ncs",
    ]  # fmt: skip


def test_java_is_looked_for_on_the_path_where_no_home_is_told() -> None:
    assert java_command(Arguments("/c", "/s", ()), STORE, {})[0] == "java"


def test_the_users_options_for_java_replace_ours() -> None:
    given = ModelStore("h:1", "h:1", (), "", 1, ("-Xmx3g",), None)
    command = java_command(Arguments("/c", "/s", ()), given, {})
    assert "-Xmx3g" in command
    assert "-XX:+UseSerialGC" not in command
    assert "-XX:+UseSerialGC" in java_command(Arguments("/c", "/s", ()), STORE, {})
