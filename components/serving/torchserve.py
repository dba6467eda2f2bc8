"""TorchServe's model store: the configuration file beside its archives, from typed values.

KServe's runtime expects `config/config.properties` and `model-store/*.mar` below the storage URI. A mistake
in the file shows minutes later as a pod that never gets ready, so ports and the snapshot are checked here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from components.errors import PlatformError, Problem

ARCHIVES = "/mnt/models/model-store"
_KSERVE_PORTS = {8080: "REST requests", 8081: "gRPC requests"}


@dataclass(frozen=True)
class ServedModel:
    """A model that TorchServe loads when it starts.

    Attributes:
        archive: File name in the model store, with .mar.
        version: Version that requests get when they name none.
        min_workers: Fewest Python processes of the model.
        max_workers: Most.
        batch_size: Most requests that a worker is given at once; more than 1 is refused.
        max_batch_delay: Milliseconds that the first request of a batch waits for others.
        response_timeout: Seconds until a worker that does not answer is restarted.
    """

    archive: str
    version: str = "1.0"
    min_workers: int = 1
    max_workers: int = 1
    batch_size: int = 1
    max_batch_delay: int = 100
    response_timeout: int = 120


@dataclass(frozen=True)
class TorchServeConfig:
    """What config.properties says.

    Attributes:
        models: The models to load, by the names that requests use.
        inference_port: Where TorchServe takes requests from KServe's server, in the same pod.
        management_port: Its management API; may be the same port.
        metrics_port: Where Prometheus reads.
        grpc_inference_port: TorchServe's own gRPC API.
        grpc_management_port: Its management by gRPC.
        netty_threads: Threads that read requests.
        job_queue_size: Requests that may wait for one model.
    """

    models: Mapping[str, ServedModel] = field(default_factory=dict)
    inference_port: int = 8085
    management_port: int = 8085
    metrics_port: int = 8082
    grpc_inference_port: int = 7070
    grpc_management_port: int = 7071
    netty_threads: int = 4
    job_queue_size: int = 100

    def render(self) -> str:
        """The text of config.properties.

        Raises:
            PlatformError: Every port and model that TorchServe or KServe's server would refuse.
        """
        if problems := tuple(_problems(self)):
            raise PlatformError(*problems)
        lines = {
            "inference_address": f"http://0.0.0.0:{self.inference_port}",
            "management_address": f"http://0.0.0.0:{self.management_port}",
            "metrics_address": f"http://0.0.0.0:{self.metrics_port}",
            "grpc_inference_port": str(self.grpc_inference_port),
            "grpc_management_port": str(self.grpc_management_port),
            "enable_metrics_api": "true",
            "metrics_format": "prometheus",
            "metrics_mode": "prometheus",  # else they go to the log, and /metrics is empty
            "number_of_netty_threads": str(self.netty_threads),
            "job_queue_size": str(self.job_queue_size),
            # The runtime names the envelope of requests by environment; the key service_envelope is outdated.
            "enable_envvars_config": "true",
            "install_py_dep_per_model": "false",
            "model_store": ARCHIVES,
            "model_snapshot": self._snapshot(),
        }
        return "".join(f"{key}={value}\n" for key, value in lines.items())

    def _snapshot(self) -> str:
        models = {
            name: {
                model.version: {
                    "defaultVersion": True,
                    "marName": model.archive,
                    "minWorkers": model.min_workers,
                    "maxWorkers": model.max_workers,
                    "batchSize": model.batch_size,
                    "maxBatchDelay": model.max_batch_delay,
                    "responseTimeout": model.response_timeout,
                }
            }
            for name, model in self.models.items()
        }
        told = {"name": "startup.cfg", "modelCount": len(models), "models": models}
        return json.dumps(told, separators=(",", ":"))


def _problems(config: TorchServeConfig) -> Iterator[Problem]:
    yield from _port_problems(config)
    for key in ("netty_threads", "job_queue_size"):
        if getattr(config, key) < 1:
            yield Problem(
                what="is less than one", key=key, seen=str(getattr(config, key)), fix="write 1 or more"
            )
    if not config.models:
        yield Problem(
            what="there is no model",
            key="models",
            why="KServe's server is ready only when a model is loaded",
            fix="name at least one archive of the model store",
        )
    for name, model in config.models.items():
        yield from _model_problems(name, model)


_PORTS = (
    "inference_port",
    "management_port",
    "metrics_port",
    "grpc_inference_port",
    "grpc_management_port",
)


def _port_problems(config: TorchServeConfig) -> Iterator[Problem]:
    users: dict[int, str] = {}
    for key in _PORTS:
        port: int = getattr(config, key)
        seen = str(port)
        if not 1024 <= port <= 65535:
            yield Problem(
                what="is not a port that TorchServe can open",
                key=key,
                seen=seen,
                why="it runs as a user without privileges: from 1024 to 65535",
                fix="choose another, like 8085",
            )
        elif port in _KSERVE_PORTS:
            yield Problem(
                what="is taken in the same pod",
                key=key,
                seen=seen,
                why=f"KServe's server answers {_KSERVE_PORTS[port]} there",
                fix="choose another, like 8085",
            )
        elif port in users and (users[port], key) != ("inference_port", "management_port"):
            yield Problem(
                what=f"is also {users[port]}",
                key=key,
                seen=seen,
                why="only inference and management share a port",
                fix="choose another",
            )
        users.setdefault(port, key)


def _model_problems(name: str, model: ServedModel) -> Iterator[Problem]:
    key = f"models.{name}"
    if not model.archive.endswith(".mar") or "/" in model.archive:
        yield Problem(
            what="is not the file name of an archive",
            key=f"{key}.archive",
            seen=model.archive,
            why=f"TorchServe looks for *.mar directly in {ARCHIVES}",
            fix=f"write it like {name}.mar",
        )
    for field_name in ("min_workers", "batch_size", "response_timeout"):
        if getattr(model, field_name) < 1:
            yield Problem(
                what="is less than one",
                key=f"{key}.{field_name}",
                seen=str(getattr(model, field_name)),
                fix="write 1 or more",
            )
    if model.batch_size > 1:
        yield Problem(
            what="is more than one",
            key=f"{key}.batch_size",
            seen=str(model.batch_size),
            why="KServe's v1 envelope in TorchServe answers only the first request of a batch",
            fix="write 1, and raise max_workers to serve more requests at once",
        )
    if model.max_workers < model.min_workers:
        yield Problem(
            what="is less than min_workers",
            key=f"{key}.max_workers",
            seen=str(model.max_workers),
            why=f"min_workers is {model.min_workers}",
            fix=f"write {model.min_workers} or more",
        )
    if model.max_batch_delay < 0:
        yield Problem(
            what="is negative",
            key=f"{key}.max_batch_delay",
            seen=str(model.max_batch_delay),
            fix="write milliseconds, 0 or more",
        )
