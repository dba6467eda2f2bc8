"""yaml.v2.ConfigFile and ConfigGroup: remote components, registered with the engine's resource monitor.

The component registers no inputs and no outputs: what the official one does not put into the state must
not be there either, least of all the text of a manifest with its secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import grpc

from providers.kubernetes import manifests
from providers.kubernetes.manifests import Child
from providers.kubernetes.objects import Object
from providers.kubernetes.operations.check import REFUSED
from providers.rpc import Output, RpcError, Secret, has_unknowns, reveal
from providers.rpc.engine import CHANNEL_OPTIONS
from providers.rpc.envelope import Envelope, Message
from providers.rpc.protos import resource_pb2
from providers.rpc.values import has_secrets

CONFIG_FILE: Final = "kubernetes:yaml/v2:ConfigFile"
CONFIG_GROUP: Final = "kubernetes:yaml/v2:ConfigGroup"
_SIDE_BY_SIDE: Final = 64
_METHOD: Final = resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"].methods_by_name[
    "RegisterResource"
]
_REQUEST: Final = Envelope(_METHOD.input_type)
_ANSWER: Final = Envelope(_METHOD.output_type)
Register = Callable[[Message], Message]


@dataclass(frozen=True)
class Component:
    """A component that was registered, with its children's urns."""

    urn: str
    children: Sequence[str]


def construct(request: Message, namespace: str, version: str) -> Component:
    """Register a component and the objects of its manifests.

    Args:
        request: The ConstructRequest.
        namespace: The provider's default namespace.
        version: The provider's version, for the default provider of the children.

    Raises:
        RpcError: The type is not supported, the manifests cannot be read, or the engine refused a child.
    """
    fields, inputs = request.fields, _marked(request.structs.get("inputs", {}))
    if fields.type not in (CONFIG_FILE, CONFIG_GROUP):
        raise RpcError(
            REFUSED.get(fields.type)
            or f"the component {fields.type} is not supported by this stand-in for the official plugin"
        )
    with grpc.insecure_channel(fields.monitorEndpoint, options=CHANNEL_OPTIONS) as channel:
        call = channel.unary_unary(
            "/pulumirpc.ResourceMonitor/RegisterResource",
            request_serializer=_REQUEST.encode,
            response_deserializer=_ANSWER.decode,
        )
        urn = _registered(call, _component_request(fields)).fields.urn
        if has_unknowns(inputs):
            return Component(urn, ())
        children = _children(fields, inputs, namespace)
        return Component(urn, _register_all(call, children, fields, urn, version))


def _children(fields: Any, inputs: Object, namespace: str) -> list[Child]:
    plain = reveal(inputs)
    prefix = plain.get("resourcePrefix")
    files = [plain["file"]] if plain.get("file") else plain.get("files") or []
    texts = [manifests.read_files([files] if isinstance(files, str) else files), str(plain.get("yaml") or "")]
    objects = [obj for text in texts for obj in manifests.parse(text)]
    given = inputs.get("objs")
    secret = has_secrets(inputs.get("yaml"))
    planned = objects + manifests.expand(reveal(given) or [])
    name = fields.name if prefix is None else str(prefix)
    children = manifests.plan(planned, name, namespace, skip_await=bool(plain.get("skipAwait")))
    if not secret and not has_secrets(given):
        return children
    return [Child(child.type, child.name, _all_secret(child.inputs), child.needs) for child in children]


def _all_secret(obj: Object) -> Object:
    """Hide an object's content, for it came out of a text or a list that is secret."""
    open_keys = ("apiVersion", "kind", "metadata")
    return {key: item if key in open_keys else Secret(item) for key, item in obj.items()}


def _register_all(
    call: Register, children: Sequence[Child], fields: Any, parent: str, version: str
) -> list[str]:
    """Register the children side by side, each after those that it needs."""
    futures: list[Future[str]] = []

    def register(child: Child) -> str:
        needed = [futures[index].result() for index in child.needs]
        return str(_registered(call, _child_request(child, fields, parent, version, needed)).fields.urn)

    with ThreadPoolExecutor(_SIDE_BY_SIDE, "child") as pool:
        for child in children:
            futures.append(pool.submit(register, child))  # noqa: PERF401  a child looks its needs up here
        return [future.result() for future in futures]


def _registered(call: Register, request: Message) -> Message:
    try:
        return call(request)
    except grpc.RpcError as error:
        raise RpcError(str(error.details())) from error


def _component_request(fields: Any) -> Message:
    request = _REQUEST.type(
        type=fields.type,
        name=fields.name,
        parent=fields.parent,
        protect=fields.protect,
        dependencies=fields.dependencies,
        providers=fields.providers,
        aliases=fields.aliases,
        retainOnDelete=fields.retainOnDelete,
        deletedWith=fields.deletedWith,
        acceptSecrets=True,
        aliasSpecs=True,
    )
    return Message(request, {"object": {}})


def _child_request(child: Child, fields: Any, parent: str, version: str, needs: Sequence[str]) -> Message:
    request = _REQUEST.type(
        type=child.type,
        name=child.name,
        custom=True,
        parent=parent,
        provider=fields.providers.get("kubernetes", ""),
        version=version,
        protect=fields.protect,
        dependencies=[*fields.dependencies, *needs],
        retainOnDelete=fields.retainOnDelete,
        deletedWith=fields.deletedWith,
        acceptSecrets=True,
        supportsPartialValues=True,
        aliasSpecs=True,
    )
    return Message(request, {"object": child.inputs})


def _marked(inputs: Mapping[str, Any]) -> Object:
    """Turn the output values that components receive into plain values with marks."""
    return {key: _mark(item) for key, item in inputs.items()}


def _mark(value: Any) -> Any:
    if isinstance(value, Output):
        inner = _mark(value.value)
        return Secret(inner) if value.secret else inner
    if isinstance(value, dict):
        return _marked(value)
    return [_mark(item) for item in value] if isinstance(value, list) else value
