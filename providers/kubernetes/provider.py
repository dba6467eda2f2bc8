"""The RPCs of the provider: messages in, operations, messages out."""

from __future__ import annotations

import threading
from typing import Any, Final

from providers.kubernetes import invoke
from providers.kubernetes.checkpoint import State
from providers.kubernetes.cluster import Cluster
from providers.kubernetes.naming import Autonaming
from providers.kubernetes.normalise import DASHED, rename_keys
from providers.kubernetes.objects import Object, Urn
from providers.kubernetes.operations import check, config, create, delete, difference, read, update
from providers.kubernetes.operations.session import Session
from providers.kubernetes.settings import Settings, access_failures, config_failures, without_effect
from providers.rpc import RpcError
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2 as pb
from providers.rpc.provider import Provider, empty, failure

_NO_SCHEMA: Final = (
    "this stand-in for the official Kubernetes plugin has no schema, so no program can be written out of "
    "what lies on the cluster: use `pulumi import --generate-code=false` and write the resource into your "
    "program, or give it the option import_ there"
)
"""An empty schema made `pulumi import` end in "unknown resource type '<nil>'", its work done. A full one
would not do: the language host that can be built for the local stack does not write programs.
"""
_KINDS: Final = pb.PropertyDiff.Kind
_MODES: Final = pb.CheckRequest.AutonamingOptions.Mode


class KubernetesProvider(Provider):
    """Serves `kubernetes` resources."""

    about = (
        "a stand-in for the official plugin: server-side apply, all kinds and their Patch kinds, yaml v1 and "
        "v2, helm v3 charts"
    )

    def __init__(self, version: str) -> None:
        super().__init__("kubernetes", version)
        self._session: Session | None = None
        self._warned: set[str] = set()
        self._in_state: set[str] = set()
        self._lock = threading.Lock()

    def get_schema(self, request: Message) -> Message:
        raise RpcError(_NO_SCHEMA)

    def check_config(self, request: Message) -> Message:
        news = request.structs.get("news", {})
        found = config_failures(news) + access_failures(news)
        failures = [failure(name, reason) for name, reason in found]
        for text in without_effect(news):
            self.engine.warning(text, request.fields.urn)
        return Message(pb.CheckResponse(failures=failures), {"inputs": news})

    def diff_config(self, request: Message) -> Message:
        olds = request.structs.get("old_inputs") or request.structs.get("olds") or {}
        changed, replaces = config.changes(olds, request.structs.get("news", {}))
        changes = pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE
        return Message(pb.DiffResponse(changes=changes, diffs=changed, replaces=replaces))

    def configure(self, request: Message) -> Message:
        settings = Settings.load(request.fields.variables)
        cluster = Cluster(settings, self._warn, self.cancelled)
        self._session = Session(settings, cluster, self.engine, self.cancelled)
        return super().configure(request)

    def check(self, request: Message) -> Message:
        fields, session = request.fields, self._configured()
        olds = request.structs.get("olds")
        if olds:
            self._remember(fields.urn)
        inputs = check.check(
            session,
            Urn.parse(fields.urn),
            request.structs.get("news", {}),
            olds or None,
            fields.randomSeed,
            _autonaming(fields),
        )
        return Message(pb.CheckResponse(), {"inputs": inputs} if inputs else {})

    def diff(self, request: Message) -> Message:
        fields = request.fields
        self._remember(fields.urn)
        state = _state(request)
        found = difference.diff(
            self._configured(),
            Urn.parse(fields.urn),
            state,
            request.structs.get("news", {}),
            fields.ignoreChanges,
        )
        answer = pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME
            if found.changes or found.replaces
            else pb.DiffResponse.DIFF_NONE,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_first,
            hasDetailedDiff=True,
        )
        for path, change in found.changes.items():
            kind = f"{change}_REPLACE" if path in found.replaces else change
            answer.detailedDiff[path].kind = _KINDS.Value(kind)
            answer.detailedDiff[path].inputDiff = change == "DELETE"
        return Message(answer)

    def create(self, request: Message) -> Message:
        fields, session = request.fields, self._configured()
        urn, inputs = Urn.parse(fields.urn), _dashed(request, "properties")
        if fields.preview:
            outputs = create.preview(session, urn, inputs, in_state=fields.urn in self._in_state)
            return Message(pb.CreateResponse(), {"properties": outputs})
        object_id, outputs = create.create(session, urn, inputs, fields.timeout)
        return Message(pb.CreateResponse(id=object_id), {"properties": outputs})

    def read(self, request: Message) -> Message:
        fields = request.fields
        self._remember(fields.urn)
        found = read.read(
            self._configured(),
            Urn.parse(fields.urn),
            fields.id,
            request.structs.get("properties", {}),
            request.structs.get("inputs", {}),
        )
        if found is None:
            return Message(pb.ReadResponse())
        return Message(pb.ReadResponse(id=found.id), {"properties": found.outputs, "inputs": found.inputs})

    def update(self, request: Message) -> Message:
        fields, session = request.fields, self._configured()
        urn, state, news = Urn.parse(fields.urn), _state(request), _dashed(request, "news")
        if fields.preview:
            outputs = update.preview(session, urn, state, news, fields.ignoreChanges)
        else:
            outputs = update.update(session, urn, state, news, fields.ignoreChanges, fields.timeout)
        return Message(pb.UpdateResponse(), {"properties": outputs})

    def delete(self, request: Message) -> Message:
        fields, structs = request.fields, request.structs
        delete.delete(
            self._configured(),
            Urn.parse(fields.urn),
            fields.id,
            structs.get("properties", {}),
            structs.get("old_inputs", {}),
            fields.timeout,
        )
        return empty()

    def invoke(self, request: Message) -> Message:
        result = invoke.invoke(request.fields.tok, request.structs.get("args", {}), self._session)
        return Message(pb.InvokeResponse(), {"return": result})

    def construct(self, request: Message) -> Message:
        from providers.kubernetes import construct  # only programs with yaml.v2 need the resource monitor

        namespace = self._session.cluster.default_namespace if self._session else None
        made = construct.construct(request, namespace or "default", self.version)
        return Message(pb.ConstructResponse(urn=made.urn), {"state": {}})

    def close(self) -> None:
        """Close the connections to the cluster; a process that ends need not."""
        if self._session is not None:
            self._session.cluster.close()

    def call(self, request: Message) -> Message:
        raise RpcError(
            f"the call {request.fields.tok} is not supported by this stand-in for the official plugin"
        )

    def _configured(self) -> Session:
        if self._session is None:
            raise RpcError("the provider was not configured")
        return self._session

    def _remember(self, urn: str) -> None:
        """Note that the state has this resource: a create of it is a replacement."""
        with self._lock:
            self._in_state.add(urn)

    def _warn(self, text: str) -> None:
        with self._lock:
            if text in self._warned:
                return
            self._warned.add(text)
        if not (self._session and self._session.settings.quiet_deprecations and "deprecated" in text):
            self.engine.warning(text)


def _autonaming(fields: Any) -> Autonaming:
    if not fields.HasField("autonaming"):
        return Autonaming()
    return Autonaming(_MODES.Name(fields.autonaming.mode), fields.autonaming.proposed_name)


def _dashed(request: Message, name: str) -> Object:
    renamed: Object = rename_keys(request.structs.get(name, {}), DASHED)
    return renamed


def _state(request: Message) -> State:
    return State.parse(request.structs.get("olds", {}), request.structs.get("old_inputs"))
