"""yaml.v2 and yaml:decode: from texts to resources."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

from providers.kubernetes import manifests
from providers.rpc import UNKNOWN, Output, RpcError, Secret
from providers.rpc.envelope import Envelope, Message
from providers.rpc.protos import provider_pb2, resource_pb2
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import ask

_REGISTER = resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"].methods_by_name["RegisterResource"]
_REQUEST, _ANSWER = Envelope(_REGISTER.input_type), Envelope(_REGISTER.output_type)
_CONSTRUCT = Envelope(
    provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"].methods_by_name["Construct"].input_type
)
_TEXT = """
apiVersion: x.example.com/v1
kind: Thing
metadata: {name: t}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: m, namespace: own}}
- {apiVersion: v1, kind: Namespace, metadata: {name: own}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.example.com}
spec: {group: x.example.com, scope: Cluster, names: {kind: Thing}, versions: [{name: v1}]}
"""


class _MonitorDouble:
    """A double of the engine's resource monitor that keeps what is registered."""

    def __init__(self) -> None:
        self.requests: list[Message] = []
        handler = grpc.unary_unary_rpc_method_handler(
            self._register, request_deserializer=_REQUEST.decode, response_serializer=_ANSWER.encode
        )
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        handlers = grpc.method_handlers_generic_handler(
            "pulumirpc.ResourceMonitor", {"RegisterResource": handler}
        )
        self.server.add_generic_rpc_handlers((handlers,))
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def _register(self, request: Message, context: Any) -> Message:
        self.requests.append(request)
        if request.fields.name.endswith("refused"):
            context.abort(grpc.StatusCode.UNKNOWN, "the engine says no")
        return Message(_ANSWER.type(urn=f"urn:{request.fields.name}"))


@pytest.fixture
def monitor() -> Iterator[_MonitorDouble]:
    double = _MonitorDouble()
    yield double
    double.server.stop(0).wait()


def _construct(
    configured: Configure, monitor: _MonitorDouble, kind: str, inputs: dict[str, Any], **more: Any
) -> Message:
    fields = {
        "type": f"kubernetes:yaml/v2:{kind}",
        "name": "comp",
        "monitorEndpoint": monitor.address,
        **more,
    }
    return configured().construct(Message(_CONSTRUCT.type(**fields), {"inputs": inputs}))


def test_objects_are_registered_after_what_they_need(
    configured: Configure, monitor: _MonitorDouble, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text(_TEXT)

    answer = _construct(
        configured, monitor, "ConfigFile", {"file": str(tmp_path / "a.yaml")},
        parent="urn:stack", providers={"kubernetes": "urn:provider::1"},
    )  # fmt: skip

    component, *children = monitor.requests
    assert (answer.fields.urn, component.fields.type, component.fields.custom) == (
        "urn:comp",
        "kubernetes:yaml/v2:ConfigFile",
        False,
    )
    assert (component.fields.parent, dict(component.structs["object"])) == ("urn:stack", {})
    found = {child.fields.name: child for child in children}
    assert {name: list(child.fields.dependencies) for name, child in found.items()} == {
        "comp:own": [],
        "comp:things.x.example.com": [],
        "comp:t": ["urn:comp:things.x.example.com"],
        "comp:own/m": ["urn:comp:own"],
    }
    assert {child.fields.type for child in children} == {
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:ConfigMap",
        "kubernetes:x.example.com/v1:Thing",
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
    }
    assert {(child.fields.parent, child.fields.provider) for child in children} == {
        ("urn:comp", "urn:provider::1")
    }


def test_a_group_takes_texts_objects_and_a_prefix(configured: Configure, monitor: _MonitorDouble) -> None:
    objs = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "o"}}]
    text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: z}}"

    _construct(
        configured,
        monitor,
        "ConfigGroup",
        {"yaml": text, "objs": objs, "resourcePrefix": "p", "skipAwait": True},
    )

    children = sorted(monitor.requests[1:], key=lambda child: str(child.fields.name))
    assert [child.fields.name for child in children] == ["p:default/o", "p:default/z"]
    assert children[0].structs["object"]["metadata"] == {
        "name": "o",
        "namespace": "default",
        "annotations": {"pulumi.com/skipAwait": "true"},
    }


def test_what_comes_out_of_a_secret_stays_secret(configured: Configure, monitor: _MonitorDouble) -> None:
    text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: y}, data: {k: v}}"

    _construct(configured, monitor, "ConfigGroup", {"yaml": Output(text, secret=True)})

    assert monitor.requests[1].structs["object"]["data"] == Secret({"k": "v"})
    assert monitor.requests[0].structs["object"] == {}


def test_a_text_that_is_not_known_yet_has_no_children_yet(
    configured: Configure, monitor: _MonitorDouble
) -> None:
    answer = _construct(configured, monitor, "ConfigGroup", {"yaml": Output(UNKNOWN)})

    assert (answer.fields.urn, len(monitor.requests)) == ("urn:comp", 1)


def test_a_child_that_the_engine_refuses_fails_the_component(
    configured: Configure, monitor: _MonitorDouble
) -> None:
    text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: refused}}"

    with pytest.raises(RpcError) as caught:
        _construct(configured, monitor, "ConfigGroup", {"yaml": text})
    assert caught.value.message == "the engine says no"


_STAND_IN = "is not supported by this stand-in for the official"
_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "ConfigFile",
        {"file": "https://example.com/a.yaml"},
        (
            "https://example.com/a.yaml: manifests from the network are not supported by this stand-in "
            "for the "
            "official Kubernetes plugin; download the file, check it, and give its path"
        ),
    ),
    ("ConfigFile", {"file": "/no/such.yaml"}, "/no/such.yaml: No such file or directory"),
    ("ConfigGroup", {"files": ["/no/such/*.yaml"]}, "/no/such/*.yaml: no file has this name"),
    (
        "ConfigGroup",
        {"yaml": "a: [1"},
        "error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'",
    ),
    (
        "ConfigGroup",
        {"objs": [{"kind": "X", "metadata": {}}]},
        "Kubernetes resources require a kind and apiVersion: kind, metadata",
    ),
    (
        "ConfigGroup",
        {"objs": [{"apiVersion": "v1", "kind": "Pod"}]},
        "Pod: objects in YAML need metadata.name",
    ),
    ("Directory", {}, f"the component kubernetes:yaml/v2:Directory {_STAND_IN} plugin"),
]


@pytest.mark.parametrize(("kind", "inputs", "message"), _REFUSED)
def test_manifests_that_cannot_be_had_are_refused(
    kind: str, inputs: dict[str, Any], message: str, configured: Configure, monitor: _MonitorDouble
) -> None:
    with pytest.raises(RpcError) as caught:
        _construct(configured, monitor, kind, inputs)
    assert caught.value.message == message


_KUSTOMIZE = (
    f"kustomize {_STAND_IN} Kubernetes plugin: render the directory (kubectl kustomize) and use "
    "yaml.v2.ConfigFile, or install the official plugin"
)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("kubernetes:kustomize:directory", _KUSTOMIZE),
        ("kubernetes:other:thing", f"the function kubernetes:other:thing {_STAND_IN} Kubernetes plugin"),
    ],
)
def test_a_function_that_is_not_there_is_refused_by_name(
    token: str, message: str, configured: Configure
) -> None:
    assert ask(configured(), "Invoke", {"tok": token, "args": {}})["error"]["message"] == message


@pytest.mark.parametrize(
    ("kind", "beginning"),
    [
        ("helm.sh/v3:Release", "helm.v3.Release drives the Helm library, which this stand-in"),
        ("helm.sh/v4:Chart", "helm.v4.Chart is not supported by this stand-in"),
        ("kustomize/v2:Directory", "kustomize is not supported by this stand-in"),
    ],
)
def test_a_resource_that_is_not_there_is_refused_in_preview(
    kind: str, beginning: str, configured: Configure
) -> None:
    urn = f"urn:pulumi:s::p::kubernetes:{kind}::r"

    error = ask(configured(), "Check", {"urn": urn, "news": {}})["error"]

    assert error["message"].startswith(beginning)
    assert "or install the official Kubernetes plugin" in error["message"]


def test_several_documents_of_several_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text("{apiVersion: v1, kind: A, metadata: {name: a}}")
    (tmp_path / "2.yaml").write_text("{apiVersion: v1, kind: B, metadata: {name: b}}")

    found = manifests.parse(manifests.read_files([str(tmp_path / "*.yaml")]))

    assert [obj["kind"] for obj in found] == ["A", "B"]
