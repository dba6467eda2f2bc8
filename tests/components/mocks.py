"""A double of the Pulumi engine: it writes down what a program registers, and answers as providers would.

The SDK's own mocks hide parents and dependencies, which are what this project's order is made of. A program
runs to its end (`Recorder.run`) before anything can be looked at, since absence can only be asserted once
every registration has landed. Each run has settings of its own: nothing is left for the next test.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import config as rpc_config
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from components.cluster.resources import PACKAGE
from tests.components.aws_answers import AWS_ANSWERS, AWS_FUNCTIONS

PROJECT = "kserve-platform"
STACK_TYPE = "pulumi:pulumi:Stack"
STACK_REFERENCE = "pulumi:pulumi:StackReference"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Secret:
    """A value that the program marked secret."""

    value: Any


@dataclass(frozen=True)
class Registration:
    """One resource as the program registered it.

    Attributes:
        type: Type token.
        name: Logical name.
        urn: Its URN.
        parent: URN of its parent; empty for the stack itself.
        inputs: Its properties; secret ones are `Secret`.
        depends_on: URNs that it waits for.
        provider: Logical name of the provider instance that it uses; empty for the default one.
        deleted_with: URN of the resource whose deletion deletes this one as well; empty for none.
        ignore_changes: Property paths whose changes do not matter.
        custom: Whether a provider manages it; a component is not.
        read: ID of the object that is read and not managed; empty for all others.
        protect: Whether the engine refuses to delete it.
        property_dependencies: URNs that it waits for, by the top property that they came with.
    """

    type: str
    name: str
    urn: str
    parent: str
    inputs: Mapping[str, Any]
    depends_on: frozenset[str]
    provider: str
    deleted_with: str
    ignore_changes: tuple[str, ...]
    custom: bool
    read: str = ""
    protect: bool = False
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)


Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]

ANSWERS: Mapping[str, Answer] = {
    **AWS_ANSWERS,
    f"{PACKAGE}:index:CrdSet": lambda inputs: {"established": inputs["names"]},
    f"{PACKAGE}:index:Gate": lambda _: {"passed": "open"},
    f"{PACKAGE}:index:KindCluster": lambda inputs: {
        "kubeconfig": Secret(f"kubeconfig of {inputs['name']}"),
        "endpoint": "https://127.0.0.1:6443",
    },
}
"""What providers add to the inputs, by type. In a preview these are unknown."""


def _answered(found: Registration) -> tuple[str, Mapping[str, Any]]:
    return f"id-of-{found.name}", ANSWERS.get(found.type, lambda _: {})(found.inputs)


FOUND: Mapping[str, Mapping[str, Any]] = {
    "kubernetes:core/v1:Namespace": {},
    "kubernetes:core/v1:PersistentVolumeClaim": {},
    "kubernetes:core/v1:Service": {
        "spec": {"ports": [{"name": "http2", "port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"hostname": "ingress.example.org"}]}},
    },
}
"""What a read finds, by type. A first preview finds nothing: the real engine reads then, too."""


@dataclass
class Recorder:
    """Runs programs against the double.

    Attributes:
        stack: Name of the stack.
        preview: Whether it is a first preview, in which nothing that a provider would answer is known.
        config: Configuration as the engine hands it to the program.
        stacks: Outputs of other stacks by the reference that names them; secret ones are `Secret`.
        exports: What the program exported; secret ones are `Secret`.
        finished: URNs of the components that registered their outputs.
        make: Gives the id and the outputs of what is registered; made up, where nothing makes it.
    """

    stack: str = "test"
    preview: bool = False
    make: Callable[[Registration], tuple[str, Mapping[str, Any]]] = _answered
    config: Mapping[str, str] = field(default_factory=dict)
    stacks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    _found: dict[str, Registration] = field(default_factory=dict)

    def run(self, program: Callable[[], Result]) -> Result:
        """Run a program as the engine's language host would, to its very end, and return its result."""
        results: list[Result] = []

        async def drained() -> None:
            # A failed program leaves tasks behind that wait for what never came. They would complain in the
            # middle of another test, at a garbage collection; the failure itself is raised below.
            asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
            await run_in_stack(lambda: _keep(results, program()))

        def apart() -> None:
            monitor = _Monitor(self)
            configure(
                mocks.MockSettings(
                    monitor=monitor,
                    monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
                    engine=mocks.MockEngine(None),
                    project=PROJECT,
                    stack=self.stack,
                    organization="organization",
                    dry_run=self.preview,
                    callbacks=None,
                    # The SDK has one for all, where what a failed program leaves would be waited for.
                    outputs=set(),
                )
            )
            rpc_config.set_all_config(dict(self.config))
            asyncio.run(drained())

        contextvars.copy_context().run(apart)
        return results[0]

    @property
    def resources(self) -> tuple[Registration, ...]:
        """Everything that was registered below the stack, by type and name."""
        below = (found for found in self._found.values() if found.type != STACK_TYPE)
        return tuple(sorted(below, key=lambda found: (found.type, found.name)))

    def of(self, kind: str) -> list[Registration]:
        """The resources whose type token ends in a kind, e.g. `Deployment`."""
        return [found for found in self.resources if found.type.split(":")[-1] == kind]

    def the(self, kind: str, name: str) -> Registration:
        """The one resource of a kind and a name."""
        (only,) = [found for found in self.of(kind) if found.name == name]
        return only

    def by_urn(self, urn: str) -> Registration:
        """The resource of a URN."""
        return self._found[urn]

    def before(self, found: Registration) -> set[tuple[str, str]]:
        """Everything that a resource waits for, directly or not, by kind and name."""
        waiting, reached = set(found.depends_on), set()
        while waiting:
            urn = waiting.pop()
            if urn not in reached:
                reached.add(urn)
                waiting |= self.by_urn(urn).depends_on
        return {(one.type.split(":")[-1], one.name) for one in map(self.by_urn, reached)}

    def register(self, found: Registration) -> None:
        """Take a registration; a second one of the same URN is refused, as by the engine."""
        if found.urn in self._found:
            raise ValueError(f"Duplicate resource URN '{found.urn}'")
        self._found[found.urn] = found


class _Monitor(mocks.MockMonitor):
    """The engine's side of the SDK's conversation."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(_NoMocks())
        self._recorder = recorder
        self._lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the SDK's mocks make it, but without asking settings that belong to another thread."""
        qualified = parent.split("::")[2] if parent else ""
        above = "" if qualified in {"", STACK_TYPE} else f"{qualified}$"
        return f"urn:pulumi:{self._recorder.stack}::{PROJECT}::{above}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        """Write it down, and answer with its inputs and what its provider would add."""
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = plain(request.object)
        found = Registration(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent,
            inputs=inputs,
            depends_on=frozenset(request.dependencies),
            provider=_provider_name(request),
            deleted_with=request.deletedWith,
            ignore_changes=tuple(request.ignoreChanges),
            custom=request.custom,
            protect=request.protect,
            property_dependencies={
                name: frozenset(came.urns) for name, came in request.propertyDependencies.items()
            },
        )
        with self._lock:
            self._recorder.register(found)
        identity, answered = self._recorder.make(found)
        if self._recorder.preview:
            answered = dict.fromkeys(answered, rpc.UNKNOWN)
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        json_format.ParseDict(wire(dict(answered)), told := struct_pb2.Struct())
        state.MergeFrom(told)
        if self._recorder.preview or not request.custom:
            identity = ""
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=state)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        """Write it down, and answer with what is found."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_REFERENCE:
            self._note_read(request, urn)
            state = _stack_state(request.id, self._recorder.stacks[request.id])
            return resource_pb2.ReadResourceResponse(urn=urn, properties=state)
        if request.id == rpc.UNKNOWN:
            # The engine reads nothing then, and the program gets unknowns.
            unknown = json_format.ParseDict(
                dict.fromkeys(FOUND[request.type], rpc.UNKNOWN), struct_pb2.Struct()
            )
            return resource_pb2.ReadResourceResponse(urn=urn, properties=unknown)
        # What other stacks made is there already, also in a first preview.
        if self._recorder.preview and not self._recorder.stacks:
            raise LookupError(f"{request.type} {request.id} does not exist yet")
        self._note_read(request, urn)
        found = json_format.ParseDict(wire(FOUND[request.type]), struct_pb2.Struct())
        return resource_pb2.ReadResourceResponse(urn=urn, properties=found)

    def _note_read(self, request: Any, urn: str) -> None:
        with self._lock:
            self._recorder.register(
                Registration(
                    type=request.type,
                    name=request.name,
                    urn=urn,
                    parent=request.parent,
                    inputs={},
                    depends_on=frozenset(request.dependencies),
                    provider=_provider_name(request),
                    deleted_with="",
                    ignore_changes=(),
                    custom=True,
                    read=request.id,
                )
            )

    def Invoke(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        """Answer a provider function. The SDK's own way leaves an event loop open in each thread."""
        if request.tok not in AWS_FUNCTIONS:
            raise NotImplementedError(f"no answer for the provider function {request.tok}")
        answered = json_format.ParseDict(wire(AWS_FUNCTIONS[request.tok]), struct_pb2.Struct())
        return resource_pb2.ResourceInvokeResponse(**{"return": answered})

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # the name is the protocol's
        """Note that a component is finished, or what the stack exports."""
        with self._lock:
            self._recorder.finished.add(request.urn)
            if f"::{STACK_TYPE}::" in request.urn:
                self._recorder.exports.update(plain(request.outputs))
        return empty_pb2.Empty()


class _NoMocks(mocks.Mocks):
    """The SDK's own hooks; this project uses none of them."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError(f"no answer for the provider function {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(f"no answer for reading {args.typ} {args.name}")


def _stack_state(name: str, outputs: Mapping[str, Any]) -> struct_pb2.Struct:
    """What the engine answers for another stack."""
    secret = [key for key, value in outputs.items() if isinstance(value, Secret)]
    state = {"name": name, "outputs": wire(outputs), "secretOutputNames": secret}
    return json_format.ParseDict(state, struct_pb2.Struct())


def _keep(results: list[Any], result: object) -> Awaitable[None] | None:
    results.append(result)
    return None


def _provider_name(request: Any) -> str:
    return str(request.provider).split("::")[3] if request.provider else ""


def plain(value: Any) -> Any:
    """A protobuf value as Python sees it: whole numbers as int, secrets as `Secret`."""
    if isinstance(value, struct_pb2.Struct):
        value = json_format.MessageToDict(value)
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Secret(plain(value["value"]))
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def wire(value: Any) -> Any:
    """The reverse of `plain`, as JSON values."""
    if isinstance(value, Secret):
        return {rpc._special_sig_key: rpc._special_secret_sig, "value": wire(value.value)}
    if isinstance(value, Mapping):
        return {key: wire(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [wire(inner) for inner in value]
    return value
