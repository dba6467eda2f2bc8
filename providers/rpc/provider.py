"""The bases of plugins: what every plugin, and every provider, answers the same way."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from providers.rpc.engine import Engine
from providers.rpc.envelope import Message
from providers.rpc.protos import plugin_pb2
from providers.rpc.protos import provider_pb2 as pb


class Plugin:
    """What the engine starts and asks: a subclass implements the RPCs it serves as methods.

    The method of an RPC has its name in snake case (`CheckConfig` is `check_config`), takes the request and
    returns the answer as `Message`s. A failure is an `RpcError` or `InitFailed`. Calls run side by side in
    threads.

    Attributes:
        service: The protocol's service that it serves.
        foreign: Whether it reads resources of others, with assets and references in them.
        name: Its name.
        version: What `pulumi plugin ls` and the engine's checks shall see.
        engine: Where to send log lines.
        about: What `--version` says below the version.
        cancelled: Set when the user asks to stop: every wait must end within a second.
    """

    service: ClassVar[Any]
    foreign: ClassVar[bool] = False
    about: ClassVar[str] = ""

    def __init__(self, name: str, version: str) -> None:
        self.name = name
        self.version = version
        self.engine = Engine()
        self.cancelled = threading.Event()

    def get_plugin_info(self, request: Message) -> Message:
        return Message(plugin_pb2.PluginInfo(version=self.version))

    def cancel(self, request: Message) -> Message:
        self.cancelled.set()
        return empty()


class Provider(Plugin):
    """A resource provider; its name is the package's, as in the tokens of its resources."""

    service = pb.DESCRIPTOR.services_by_name["ResourceProvider"]

    def handshake(self, request: Message) -> Message:
        self.engine.attach(request.fields.engine_address)
        return Message(
            pb.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)
        )

    def attach(self, request: Message) -> Message:
        self.engine.attach(request.fields.address)
        return empty()

    def get_schema(self, request: Message) -> Message:
        return Message(pb.GetSchemaResponse(schema=f'{{"name": "{self.name}", "version": "{self.version}"}}'))

    def check_config(self, request: Message) -> Message:
        return Message(pb.CheckResponse(), {"inputs": dict(request.structs.get("news", {}))})

    def diff_config(self, request: Message) -> Message:
        return Message(pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE))

    def configure(self, request: Message) -> Message:
        return Message(
            pb.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
            )
        )


def empty() -> Message:
    """The answer of an RPC that has nothing to say."""
    from google.protobuf.empty_pb2 import Empty

    return Message(Empty())


def failure(property: str, reason: str) -> Any:  # noqa: A002  the name in pulumirpc.CheckFailure
    """One refusal of a Check, shown in preview under the resource."""
    return pb.CheckFailure(property=property, reason=reason)
