"""From the arguments that KServe's runtime passes to the command that starts TorchServe's Java server."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servers.torchserve.problems import ConfigurationRefused
from servers.torchserve.properties import ModelStore

_CONFIG = "/mnt/models/config/config.properties"
_MODEL_STORE = "/mnt/models/model-store"
_TORCHSERVE = "/usr/local/lib/python3.11/dist-packages"
_LOGGING = "/opt/kserve-server/log4j2.xml"
_JVM = (
    # The Java part only passes requests on: a second compiler tier and a parallel collector never pay there.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xss512k",
)


@dataclass(frozen=True)
class Arguments:
    """What the container is told.

    Attributes:
        config: Path of config.properties.
        model_store: Folder of the model archives.
        passed_on: Options that go to TorchServe as they are.
    """

    config: str
    model_store: str
    passed_on: tuple[str, ...]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise ConfigurationRefused(f"container arguments: {message}")


def parse_arguments(argv: Sequence[str], environment: Mapping[str, str]) -> Arguments:
    """Understand the arguments of the `torchserve` command, as KServe's runtime writes them.

    `--foreground` and `--start` are accepted and change nothing: this process supervises TorchServe either
    way.

    Raises:
        ConfigurationRefused: An argument is not one of TorchServe's that start a server.
    """
    parser = _Parser(prog="torchserve", add_help=False, allow_abbrev=False)
    parser.add_argument("program", nargs="?", choices=["torchserve"], default="torchserve")
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--foreground", action="store_true")
    parser.add_argument("--ts-config", default=_CONFIG)
    parser.add_argument("--model-store", default=_MODEL_STORE)
    parser.add_argument("--no-config-snapshots", "--ncs", action="store_true")
    parser.add_argument("--disable-token-auth", "--dt", action="store_true")
    parser.add_argument("--enable-model-api", action="store_true")
    parser.add_argument("--models", nargs="+")
    known = parser.parse_args(list(argv))
    passed_on = (
        *(("-ncs",) if known.no_config_snapshots else ()),
        *(("--enable-model-api",) if known.enable_model_api else ()),
        *(("-m", *known.models) if known.models else ()),
    )
    return Arguments(environment.get("TS_CONFIG_FILE") or known.ts_config, known.model_store, passed_on)


def java_command(arguments: Arguments, store: ModelStore, environment: Mapping[str, str]) -> list[str]:
    """The command that starts TorchServe's Java server.

    It is started directly, not through the `torchserve` script: that one goes to the background and leaves
    nobody to forward a signal, so pods hung in Terminating for 300 s and kept their CPU.

    Returns:
        The argument vector. Token authorization is off: the one client is this server, in the same container.
    """
    java_home = environment.get("JAVA_HOME")
    return [
        f"{java_home}/bin/java" if java_home else "java",
        f"-Dmodel_server_home={_TORCHSERVE}",
        f"-Dlog4j.configurationFile=file://{_LOGGING}",
        f"-Djava.io.tmpdir={environment.get('TEMP', '/tmp')}",  # noqa: S108 - the container's own
        *(store.jvm_arguments or _JVM),
        "-cp",
        f"{_TORCHSERVE}/ts/frontend/*",
        "org.pytorch.serve.ModelServer",
        "--python",
        "/usr/bin/python3",
        "-f",
        arguments.config,
        "-s",
        arguments.model_store,
        "--disable-token-auth",
        *arguments.passed_on,
    ]
