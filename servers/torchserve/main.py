"""Starts TorchServe, waits until its models are loaded, then answers KServe's protocols until one ends.

The ports open only when every model is loaded: Knative and Kubernetes find a pod ready by a TCP connection to
8080, so an open port must mean an answer.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from aiohttp import web

from servers.torchserve import grpc_service, rest
from servers.torchserve.backend import Backend
from servers.torchserve.command_line import Arguments, java_command, parse_arguments
from servers.torchserve.problems import BackendLost, ConfigurationRefused
from servers.torchserve.properties import ModelStore, model_store, parse
from servers.torchserve.torchserve_process import TorchServeProcess

HTTP_PORT = 8080
GRPC_PORT = 8081
_LOAD_SECONDS = 600.0  # a large model on one core; KServe itself gives up earlier
# A pod must be gone 10 s after SIGTERM: running requests get half of that, TorchServe a third.
_REQUEST_GRACE_SECONDS = 5.0
_TORCHSERVE_GRACE_SECONDS = 3.0


def main(argv: Sequence[str]) -> int:
    """Run the server; the exit status: 0 after SIGTERM or SIGINT, 1 if TorchServe was lost, 2 if refused."""
    try:
        arguments = parse_arguments(argv, os.environ)
        store = read_model_store(arguments, os.environ)
        return asyncio.run(_serve(java_command(arguments, store, os.environ), store))
    except ConfigurationRefused as refused:
        _say(f"refused: {refused}")
        return 2
    except BackendLost as lost:
        _say(f"lost: {lost}")
        return 1


def read_model_store(arguments: Arguments, environment: Mapping[str, str]) -> ModelStore:
    """Read config.properties.

    Raises:
        ConfigurationRefused: The file or the archives' folder is missing, or the file is unusable.
    """
    try:
        text = Path(arguments.config).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(
            f"{arguments.config} cannot be read ({error}); a model store has config/config.properties "
            f"and model-store/*.mar"
        ) from None
    if not Path(arguments.model_store).is_dir():
        raise ConfigurationRefused(f"the model store {arguments.model_store} is not a folder")
    ports = {HTTP_PORT: "HTTP", GRPC_PORT: "gRPC"}
    return model_store(parse(text), environment, ports)


async def _serve(command: Sequence[str], store: ModelStore) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    told = asyncio.ensure_future(stopping.wait())
    async with Backend(store) as backend:
        torchserve = await TorchServeProcess.start(command)
        try:
            loading = asyncio.ensure_future(torchserve.wait_ready(backend, _LOAD_SECONDS))
            await asyncio.wait([told, loading], return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                await loading
                await _answer(backend, torchserve, told)
            loading.cancel()
        finally:
            await torchserve.stop(_TORCHSERVE_GRACE_SECONDS)
    told.cancel()
    return 0


async def _answer(backend: Backend, torchserve: TorchServeProcess, told: asyncio.Task[Literal[True]]) -> None:
    """Answer requests until told to stop.

    Raises:
        BackendLost: TorchServe ended.
    """
    runner = web.AppRunner(
        rest.application(backend), access_log=None, shutdown_timeout=_REQUEST_GRACE_SECONDS
    )
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", HTTP_PORT, backlog=1024).start()  # noqa: S104 - a pod's address
    grpc_server = grpc_service.server(backend)
    grpc_server.add_insecure_port(f"0.0.0.0:{GRPC_PORT}")
    await grpc_server.start()
    _say(f"ready: {', '.join(backend.names)} on ports {HTTP_PORT} (HTTP) and {GRPC_PORT} (gRPC)")
    await asyncio.wait([told, torchserve.ended], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(runner.cleanup(), grpc_server.stop(_REQUEST_GRACE_SECONDS))
    if not told.done():
        raise BackendLost(f"TorchServe ended with status {torchserve.ended.result()}")


def _say(text: str) -> None:
    print(f"kserve-server {text}", file=sys.stderr, flush=True)
