"""The RPCs of the plugin: messages in, resources, messages out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from components.errors import PlatformError
from machine.cache import Cache
from machine.process import CommandFailed
from machine.progress import Note
from providers.kubeclient.client import ApiError, Unreachable
from providers.kubeclient.kubeconfig import KubeconfigError
from providers.platform.api import Api
from providers.platform.crds import CrdSet
from providers.platform.fields import InputsRefused
from providers.platform.gate.departure import Departure
from providers.platform.gate.resource import Gate
from providers.platform.kind.resource import KindCluster
from providers.platform.resource import Call, Incomplete, Resource, Values
from providers.platform.work import Work
from providers.rpc import InitFailed, RpcError
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2 as pb
from providers.rpc.provider import Provider, empty, failure
from providers.rpc.values import UNKNOWN, Secret, has_unknowns, reveal

NAME: Final = "kserve-cluster"
VERSION: Final = "0.1.0"
RESOURCES: Final[Mapping[str, Resource]] = {
    f"{NAME}:index:KindCluster": KindCluster(),
    f"{NAME}:index:CrdSet": CrdSet(),
    f"{NAME}:index:Departure": Departure(),
    f"{NAME}:index:Gate": Gate(),
}


class PlatformPlugin(Provider):
    """Serves `kserve-cluster` resources."""

    def __init__(self, cache: Cache) -> None:
        super().__init__(NAME, VERSION)
        self._cache = cache
        self._lock = threading.Lock()
        self._kubeconfig: str | None = None
        self._context: str | None = None
        self._api: Api | None = None

    def check_config(self, request: Message) -> Message:
        # A default instance is handed every key of the stack file that shares the plugin's name.
        news = request.structs.get("news", {})
        own: dict[str, object] = {
            name: news[name] for name in ("kubeconfig", "context", "version") if name in news
        }
        return Message(pb.CheckResponse(), {"inputs": own})

    def diff_config(self, request: Message) -> Message:
        # Another way to the same cluster, or another cluster under the same objects: never a reason to make
        # everything anew. A replaced cluster replaces what was on it by itself (deletedWith).
        olds = request.structs.get("old_inputs") or request.structs.get("olds") or {}
        news = request.structs.get("news", {})
        changed = sorted(n for n in {*olds, *news} if reveal(olds.get(n)) != reveal(news.get(n)))
        changes = pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE
        return Message(pb.DiffResponse(changes=changes, diffs=changed))

    def configure(self, request: Message) -> Message:
        variables = request.fields.variables
        with self._lock:
            self._kubeconfig = variables.get(f"{NAME}:config:kubeconfig") or None
            self._context = variables.get(f"{NAME}:config:context") or None
        return super().configure(request)

    def check(self, request: Message) -> Message:
        resource = _resource(request.fields.urn)
        news = request.structs.get("news", {})
        if has_unknowns(news):
            return Message(pb.CheckResponse(), {"inputs": news})
        try:
            return Message(pb.CheckResponse(), {"inputs": resource.check(_plain(news))})
        except InputsRefused as error:
            failures = [failure(each.property, each.reason) for each in error.refusals]
            return Message(pb.CheckResponse(failures=failures), {"inputs": news})

    def diff(self, request: Message) -> Message:
        fields, structs = request.fields, request.structs
        news = _plain(structs.get("news", {}))
        olds = _plain(structs.get("old_inputs", {}))
        kept = {name: olds[name] for name in fields.ignoreChanges if name in olds}
        resource = _resource(fields.urn)
        found = self._run(lambda: resource.diff(self._call(request), fields.id, olds, {**news, **kept}))
        changes = pb.DiffResponse.DIFF_SOME if found.changed else pb.DiffResponse.DIFF_NONE
        answer = pb.DiffResponse(
            changes=changes,
            diffs=found.changed,
            replaces=found.replacing,
            deleteBeforeReplace=bool(found.replacing),
        )
        return Message(answer)

    def create(self, request: Message) -> Message:
        fields = request.fields
        resource, inputs = _resource(fields.urn), _plain(request.structs.get("properties", {}))
        if fields.preview:
            return Message(pb.CreateResponse(), {"properties": _preview(resource, inputs)})
        try:
            identity, outputs = self._run(lambda: resource.create(self._call(request), inputs))
        except Incomplete as error:
            raise InitFailed(
                str(error),
                id=error.identity,
                properties=_state(resource, inputs, error.outputs),
                reasons=[str(problem) for problem in error.problems],
            ) from None
        return Message(pb.CreateResponse(id=identity), {"properties": _state(resource, inputs, outputs)})

    def read(self, request: Message) -> Message:
        fields, structs = request.fields, request.structs
        resource = _resource(fields.urn)
        inputs, state = _plain(structs.get("inputs", {})), _plain(structs.get("properties", {}))
        if not inputs:
            raise RpcError(f"{fields.type} cannot be imported: nothing on the machine tells all its inputs")
        found = self._run(lambda: resource.read(self._call(request), fields.id, inputs, state))
        if found is None:
            return Message(pb.ReadResponse())
        properties = _state(resource, found.inputs, found.outputs)
        return Message(pb.ReadResponse(id=fields.id), {"properties": properties, "inputs": found.inputs})

    def update(self, request: Message) -> Message:
        fields, structs = request.fields, request.structs
        resource, news = _resource(fields.urn), _plain(structs.get("news", {}))
        state, olds = _plain(structs.get("olds", {})), _plain(structs.get("old_inputs", {}))
        if fields.preview:
            lasting = {name: state[name] for name in resource.lasting}
            return Message(pb.UpdateResponse(), {"properties": _preview(resource, news, lasting)})
        outputs = self._run(lambda: resource.update(self._call(request), fields.id, olds, news, state))
        return Message(pb.UpdateResponse(), {"properties": _state(resource, news, outputs)})

    def delete(self, request: Message) -> Message:
        fields, structs = request.fields, request.structs
        resource = _resource(fields.urn)
        state, inputs = _plain(structs.get("properties", {})), _plain(structs.get("old_inputs", {}))
        self._run(lambda: resource.delete(self._call(request), fields.id, inputs or state, state))
        return empty()

    def _call(self, request: Message) -> Call:
        urn = request.fields.urn
        work = Work(
            self._cache,
            note=_each_once(lambda text: self.engine.status(text, urn)),
            cancelled=self.cancelled,
            warn=lambda text: self.engine.warning(text, urn),
        )
        return Call(work, self._connect, getattr(request.fields, "timeout", 0) or None)

    def _connect(self) -> Api:
        with self._lock:
            if self._api is None:
                if self._kubeconfig is None:
                    raise RpcError("this resource needs a provider that was given a kubeconfig")
                self._api = Api(self._kubeconfig, self._context, self.cancelled)
            return self._api

    def _run(self, operation: Callable[[], Any]) -> Any:
        try:
            return operation()
        except Incomplete:
            raise
        except PlatformError as error:
            text = f"{error}\n{error.tail}" if isinstance(error, CommandFailed) else str(error)
            raise RpcError(text) from None
        except (ApiError, Unreachable, KubeconfigError) as error:
            raise RpcError(str(error)) from None


def _each_once(note: Note) -> Note:
    last = ""

    def tell(text: str) -> None:
        nonlocal last
        if text != last:
            last = text
            note(text)

    return tell


def _resource(urn: str) -> Resource:
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    if token not in RESOURCES:
        raise RpcError(f"{NAME} has no resource {token}; it has {', '.join(RESOURCES)}")
    return RESOURCES[token]


def _plain(values: Mapping[str, Any]) -> Values:
    """Values as the resources see them: without secrecy, without absent ones and outputs asked for."""
    revealed = reveal(dict(values))
    return {name: value for name, value in revealed.items() if value is not None and value is not UNKNOWN}


def _preview(resource: Resource, inputs: Values, lasting: Mapping[str, Any] | None = None) -> Values:
    unknown = dict.fromkeys(resource.computed, UNKNOWN)
    return _state(resource, inputs, {**unknown, **(lasting or {})})


def _state(resource: Resource, inputs: Values, outputs: Values) -> Values:
    marked = {name: Secret(value) if name in resource.secret else value for name, value in outputs.items()}
    return {**inputs, **marked}
