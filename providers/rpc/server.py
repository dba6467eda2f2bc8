"""Serves a plugin to the engine: port line, threads, signals, errors.

The engine starts a plugin, reads one line with a port from its standard output, and speaks gRPC to it. It
ends it with SIGINT, then SIGKILL after five seconds; Ctrl-C of the user arrives as the Cancel RPC instead,
for plugins run in their own process group. So a signal means "go now": a provider that tidies up, or
ignores SIGINT, adds five seconds to every command.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final

import grpc

from providers.rpc.codec import CodecError
from providers.rpc.engine import CHANNEL_OPTIONS
from providers.rpc.envelope import Envelope, Message
from providers.rpc.errors import RpcError
from providers.rpc.provider import Plugin

_THREADS: Final = 128
_STATUS: Final = {code.value[0]: code for code in grpc.StatusCode}
Handler = Callable[[Message], Message]


def serve(plugin: Plugin, arguments: Sequence[str], log_variable: str) -> None:
    """Serve until a signal arrives or the engine is gone; does not return.

    Args:
        plugin: What to serve.
        arguments: The command line without the program: options of the engine and its address (host:port).
        log_variable: The environment variable that names a file for one line a call and for stack traces.
    """
    if "--version" in arguments:
        lines = [f"{plugin.name} {plugin.version}", plugin.about]
        sys.stdout.write("".join(f"{line}\n" for line in lines if line))
        return
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    addresses = [word for word in arguments if not word.startswith("-")]
    if addresses:
        plugin.engine.attach(addresses[-1])
    announce = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not be taken for the port
    port = start(plugin, CallLog(os.environ.get(log_variable)))
    announce.write(f"{port}\n")
    announce.close()
    _outlive_no_engine(parent)


def start(plugin: Plugin, log: CallLog) -> int:
    """Listen on a free port of 127.0.0.1 and return it; the server lives as long as the process."""
    options = (*CHANNEL_OPTIONS, ("grpc.so_reuseport", 0))
    server = grpc.server(ThreadPoolExecutor(_THREADS, "rpc"), options=options)
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(_behaviour(method, handler, log, plugin.foreign))
        for method in plugin.service.methods
        if (handler := getattr(plugin, snake_case(method.name), None)) is not None
    }
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(plugin.service.full_name, handlers),)
    )
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _servers.append(server)
    return port


_servers: list[Any] = []


def snake_case(name: str) -> str:
    """The method that serves an RPC: `GetPluginInfo` is `get_plugin_info`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class CallLog:
    """One line a call, with its milliseconds, in a file; nothing without a file."""

    def __init__(self, path: str | None) -> None:
        self._file: IO[str] | None = open(path, "a", buffering=1, encoding="utf-8") if path else None  # noqa: SIM115

    def line(self, text: str) -> None:
        if self._file:
            self._file.write(f"{time.strftime('%H:%M:%S')} {text}\n")


def _behaviour(method: Any, handler: Handler, log: CallLog, foreign: bool) -> Callable[[bytes, Any], bytes]:
    request = Envelope(method.input_type, foreign=foreign)
    answer = Envelope(method.output_type)

    def behave(data: bytes, context: Any) -> bytes:
        begin = time.monotonic()
        urn = ""
        outcome = "ok"
        try:
            message = request.decode(data)
            urn = getattr(message.fields, "urn", "")
            return answer.encode(handler(message))
        except RpcError as error:
            outcome = "refused"
            problem = error
        except CodecError as error:
            outcome = "refused"
            problem = RpcError(str(error))
        except Exception as error:  # noqa: BLE001  a defect must reach the user as one line
            outcome = "DEFECT"
            log.line(traceback.format_exc())
            problem = RpcError(
                f"the plugin has a defect: {type(error).__name__} in {method.name} at {_place(error)}"
            )
        finally:
            log.line(f"{method.name} {1000 * (time.monotonic() - begin):.1f} ms {outcome} {urn}")
        details = problem.details()
        if details is not None:
            context.set_trailing_metadata((("grpc-status-details-bin", details),))
        context.abort(_STATUS[problem.code], problem.message)
        raise AssertionError("abort does not return")

    return behave


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _leave(number: int, frame: object) -> None:
    os._exit(0)


def _outlive_no_engine(parent: int) -> None:
    """Block until the process that started this one is gone (kill -9 of an engine), then leave."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(1.0)
    os._exit(1)
