"""Reads config.properties, the file that a KServe model store carries for TorchServe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from servers.torchserve.problems import ConfigurationRefused

_INFERENCE_ADDRESS = "http://127.0.0.1:8080"  # TorchServe's own defaults, for keys that are not set
_MANAGEMENT_ADDRESS = "http://127.0.0.1:8081"
_MAX_REQUEST_SIZE = "6553500"
_RESPONSE_TIMEOUT = 120


@dataclass(frozen=True)
class Model:
    """A model that TorchServe loads at its start.

    Attributes:
        name: As clients call it.
        version: Its default version; empty where the configuration leaves that to the archive.
        response_timeout: Seconds that TorchServe gives the model to answer.
    """

    name: str
    version: str
    response_timeout: int


@dataclass(frozen=True)
class ModelStore:
    """What the protocol server takes from the configuration.

    Attributes:
        inference: host:port of TorchServe's inference API, to connect to.
        management: host:port of its management API, to connect to.
        models: The models it loads.
        envelope: Form in which its workers take requests: "kserve" (v1), "kservev2", or another.
        max_request_size: Bytes; a larger body is refused.
        jvm_arguments: Options for its Java virtual machine, as the user gives them.
        model_store: Folder of the archives; None where the configuration does not say.
    """

    inference: str
    management: str
    models: tuple[Model, ...]
    envelope: str
    max_request_size: int
    jvm_arguments: tuple[str, ...]
    model_store: str | None


def parse(text: str) -> dict[str, str]:
    """Read a Java properties file: comments, `=` or `:`, and lines continued by a backslash."""
    properties: dict[str, str] = {}
    pending = ""
    for raw in text.splitlines():
        line = pending + raw.strip()
        pending = ""
        if not line or line[0] in "#!":
            continue
        if line.endswith("\\"):
            pending = line[:-1]
            continue
        ends = [at for at in (line.find("="), line.find(":")) if at >= 0]
        at = min(ends, default=len(line))
        properties[line[:at].strip()] = line[at + 1 :].strip()
    return properties


def model_store(
    properties: Mapping[str, str], environment: Mapping[str, str], own_ports: Mapping[int, str]
) -> ModelStore:
    """Take what the protocol server needs to know.

    Args:
        properties: The parsed file.
        environment: The process's; TS_* variables win over a file that says `enable_envvars_config=true`.
        own_ports: Ports that this server listens on -> what for.

    Raises:
        ConfigurationRefused: An address has no port, TorchServe would take a port of ours, or no model is
            there.
    """
    by_environment = properties.get("enable_envvars_config", "false").lower() == "true"

    def value(key: str, default: str) -> str:
        given = environment.get(f"TS_{key.upper()}") if by_environment else None
        return given or properties.get(key) or default

    inference = _endpoint("inference_address", value("inference_address", _INFERENCE_ADDRESS), own_ports)
    management = _endpoint("management_address", value("management_address", _MANAGEMENT_ADDRESS), own_ports)
    size = value("max_request_size", _MAX_REQUEST_SIZE)
    if not size.isdecimal():
        raise ConfigurationRefused(f"config.properties: max_request_size: {size} is not a number of bytes")
    return ModelStore(
        inference=inference,
        management=management,
        models=_models(value("model_snapshot", "")),
        envelope=value("service_envelope", "").lower(),
        max_request_size=int(size),
        jvm_arguments=tuple(properties.get("vmargs", "").split()),
        model_store=properties.get("model_store"),
    )


def _endpoint(key: str, address: str, own_ports: Mapping[int, str]) -> str:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or not parts.hostname or not port:
        raise ConfigurationRefused(
            f"config.properties: {key}: {address} is not an address of the form http://HOST:PORT"
        )
    if port in own_ports:
        raise ConfigurationRefused(
            f"config.properties: {key}: port {port} is where this server listens for {own_ports[port]}; "
            f"KServe's model stores use 8085"
        )
    host = "127.0.0.1" if parts.hostname in {"0.0.0.0", "::"} else parts.hostname  # noqa: S104 - compared, not bound
    return f"{host}:{port}"


def _models(snapshot: str) -> tuple[Model, ...]:
    try:
        versions = json.loads(snapshot)["models"]
        models = tuple(_model(name, versions[name]) for name in versions)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationRefused(
            f"config.properties: model_snapshot: not a snapshot with models ({error!r}); "
            f"it names the models to load, as JSON on one line"
        ) from None
    if not models:
        raise ConfigurationRefused("config.properties: model_snapshot: names no model to load")
    return models


def _model(name: str, versions: Mapping[str, Mapping[str, object]]) -> Model:
    first, *others = versions.items()
    version, settings = next((one for one in (first, *others) if one[1].get("defaultVersion") is True), first)
    timeout = settings.get("responseTimeout")
    return Model(name, version, timeout if isinstance(timeout, int) else _RESPONSE_TIMEOUT)
