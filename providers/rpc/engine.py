"""The engine that started the plugin: lines for the user, and the status column."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Final

import grpc

from providers.rpc.protos import engine_pb2

MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""The largest message, as the engine itself sets it: gRPC's default of 4 MB breaks on bundles of CRDs."""
CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.enable_http_proxy", 0),
)
_SECONDS: Final = 5.0


class Engine:
    """Sends log lines to the engine; a line that cannot be delivered never fails an operation."""

    def __init__(self, address: str = "") -> None:
        self._lock = threading.Lock()
        self._address = address
        self._send: Any = None

    def attach(self, address: str) -> None:
        """Talk to the engine at `address` (host:port) from now on."""
        with self._lock:
            if address and address != self._address:
                self._address, self._send = address, None

    def debug(self, text: str, urn: str = "") -> None:
        """A line for `pulumi --debug`."""
        self._log(engine_pb2.DEBUG, text, urn, ephemeral=False)

    def info(self, text: str, urn: str = "") -> None:
        """A line under the resource that stays."""
        self._log(engine_pb2.INFO, text, urn, ephemeral=False)

    def warning(self, text: str, urn: str = "") -> None:
        """A warning under the resource that stays."""
        self._log(engine_pb2.WARNING, text, urn, ephemeral=False)

    def error(self, text: str, urn: str = "") -> None:
        """An error under the resource: the deployment counts as failed."""
        self._log(engine_pb2.ERROR, text, urn, ephemeral=False)

    def status(self, text: str, urn: str) -> None:
        """What is going on with the resource just now: the status column, replaced by the next one."""
        self._log(engine_pb2.INFO, text, urn, ephemeral=True)

    def _log(self, severity: int, text: str, urn: str, *, ephemeral: bool) -> None:
        send = self._connected()
        if send is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):
            send(request, timeout=_SECONDS)

    def _connected(self) -> Any:
        with self._lock:
            if self._send is None and self._address:
                channel = grpc.insecure_channel(self._address, options=CHANNEL_OPTIONS)
                self._send = channel.unary_unary(
                    "/pulumirpc.Engine/Log",
                    request_serializer=engine_pb2.LogRequest.SerializeToString,
                    response_deserializer=lambda _: None,
                )
            return self._send
