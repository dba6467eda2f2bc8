"""The plugin's answers to the engine: secrets marked, previews unknown, mistakes under their property."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.errors import PlatformError, Problem
from machine.cache import Cache
from providers.platform import provider
from providers.platform.provider import PlatformPlugin
from providers.platform.resource import Call, Difference, Found, Incomplete, Resource, Values
from providers.rpc import InitFailed, RpcError
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2 as pb
from providers.rpc.values import UNKNOWN, Secret
from tests.unit.platform_provider.samples import KIND_INPUTS

KIND, GATE = "kserve-cluster:index:KindCluster", "kserve-cluster:index:Gate"


def _urn(token: str) -> str:
    return f"urn:pulumi:local::kserve-platform::{token}::it"


class ClusterDouble(Resource):
    """A KindCluster without a machine."""

    computed = lasting = ("kubeconfig", "endpoint")
    secret = ("kubeconfig",)
    outputs = {"kubeconfig": "private", "endpoint": "https://127.0.0.1:1"}  # noqa: RUF012

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.failure: PlatformError | None = None
        self.there = True

    def check(self, inputs: Any) -> Values:
        return dict(inputs)

    def create(self, call: Call, inputs: Values) -> tuple[str, Values]:
        self.seen.append(inputs)
        if self.failure:
            raise self.failure
        return "a", self.outputs

    def diff(self, call: Call, identity: str, old: Any, new: Any) -> Difference:
        return Difference(("nodes",), ("nodes",)) if old != new else Difference()

    def read(self, call: Call, identity: str, inputs: Values, outputs: Values) -> Found | None:
        return Found(inputs, self.outputs) if self.there else None

    def update(self, call: Call, identity: str, old: Values, new: Values, outputs: Values) -> Values:
        self.seen.append((old, new))
        return self.outputs

    def delete(self, call: Call, identity: str, inputs: Values, outputs: Values) -> None:
        self.seen.append(identity)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> ClusterDouble:
    double = ClusterDouble()
    monkeypatch.setattr(provider, "RESOURCES", {**provider.RESOURCES, KIND: double})
    return double


@pytest.fixture
def plugin(tmp_path: Path) -> PlatformPlugin:
    return PlatformPlugin(Cache(tmp_path))


def test_inputs_are_checked_and_get_their_defaults(plugin: PlatformPlugin) -> None:
    answer = plugin.check(
        Message(pb.CheckRequest(urn=_urn(KIND)), {"news": {**KIND_INPUTS, "endpoint": None}})
    )
    assert list(answer.fields.failures) == []
    assert answer.structs["inputs"] == {**KIND_INPUTS, "network": "kindnet", "lowRequests": False}


def test_a_mistake_is_refused_under_its_property(plugin: PlatformPlugin) -> None:
    news = {**KIND_INPUTS, "nodes": [{"role": "master"}]}
    answer = plugin.check(Message(pb.CheckRequest(urn=_urn(KIND)), {"news": news}))
    assert [(each.property, each.reason) for each in answer.fields.failures] == [
        ("nodes[0].role", 'must be control-plane or worker, is "master"')
    ]


def test_inputs_that_are_not_known_yet_are_not_judged(plugin: PlatformPlugin) -> None:
    news = {"checks": [{"check": "?"}], "triggers": [UNKNOWN]}
    answer = plugin.check(Message(pb.CheckRequest(urn=_urn(GATE)), {"news": news}))
    assert answer.structs["inputs"] == news


def test_a_preview_makes_nothing_and_knows_no_outputs(plugin: PlatformPlugin, cluster: ClusterDouble) -> None:
    request = pb.CreateRequest(urn=_urn(KIND), preview=True)
    answer = plugin.create(Message(request, {"properties": KIND_INPUTS}))
    assert answer.structs["properties"] == {**KIND_INPUTS, "kubeconfig": Secret(UNKNOWN), "endpoint": UNKNOWN}
    assert cluster.seen == []


def test_the_kubeconfig_is_a_secret_output(plugin: PlatformPlugin, cluster: ClusterDouble) -> None:
    answer = plugin.create(Message(pb.CreateRequest(urn=_urn(KIND)), {"properties": KIND_INPUTS}))
    assert answer.fields.id == "a"
    assert answer.structs["properties"] == {
        **KIND_INPUTS,
        "kubeconfig": Secret("private"),
        "endpoint": "https://127.0.0.1:1",
    }


def test_a_cluster_that_lacks_an_image_is_kept_with_the_reason(
    plugin: PlatformPlugin, cluster: ClusterDouble
) -> None:
    cluster.failure = Incomplete("a", cluster.outputs, [Problem(what="images were refused", seen="a:1")])
    with pytest.raises(InitFailed) as failed:
        plugin.create(Message(pb.CreateRequest(urn=_urn(KIND)), {"properties": KIND_INPUTS}))
    assert failed.value.id == "a"
    assert failed.value.reasons == ("images were refused\n  seen: a:1",)
    assert failed.value.properties == {
        **KIND_INPUTS,
        "kubeconfig": Secret("private"),
        "endpoint": "https://127.0.0.1:1",
    }


def test_a_preview_of_an_update_keeps_what_an_update_keeps(
    plugin: PlatformPlugin, cluster: ClusterDouble
) -> None:
    state = {**KIND_INPUTS, "kubeconfig": Secret("private"), "endpoint": "https://127.0.0.1:1"}
    news = {**KIND_INPUTS, "imageStore": "k2"}
    request = pb.UpdateRequest(urn=_urn(KIND), id="a", preview=True)
    answer = plugin.update(Message(request, {"olds": state, "news": news, "old_inputs": KIND_INPUTS}))
    assert answer.structs["properties"] == {**state, "imageStore": "k2"}


def test_a_replacement_takes_the_old_one_away_first(plugin: PlatformPlugin, cluster: ClusterDouble) -> None:
    structs = {"old_inputs": KIND_INPUTS, "olds": KIND_INPUTS, "news": {**KIND_INPUTS, "nodes": []}}
    answer = plugin.diff(Message(pb.DiffRequest(urn=_urn(KIND), id="a"), structs))
    assert answer.fields.changes == pb.DiffResponse.DIFF_SOME
    assert list(answer.fields.replaces) == ["nodes"]
    assert answer.fields.deleteBeforeReplace is True


def test_ignored_changes_are_no_difference(plugin: PlatformPlugin, cluster: ClusterDouble) -> None:
    structs = {"old_inputs": KIND_INPUTS, "olds": KIND_INPUTS, "news": {**KIND_INPUTS, "nodes": []}}
    request = pb.DiffRequest(urn=_urn(KIND), id="a", ignoreChanges=["nodes"])
    assert plugin.diff(Message(request, structs)).fields.changes == pb.DiffResponse.DIFF_NONE


def test_what_is_gone_is_read_as_nothing(plugin: PlatformPlugin, cluster: ClusterDouble) -> None:
    cluster.there = False
    structs = {"inputs": KIND_INPUTS, "properties": KIND_INPUTS}
    assert plugin.read(Message(pb.ReadRequest(urn=_urn(KIND), id="a"), structs)).fields.id == ""


def test_an_import_is_refused_in_one_line(plugin: PlatformPlugin) -> None:
    with pytest.raises(RpcError) as refused:
        plugin.read(Message(pb.ReadRequest(urn=_urn(KIND), id="a", type=KIND), {}))
    assert refused.value.message == (
        "kserve-cluster:index:KindCluster cannot be imported: nothing on the machine tells all its inputs"
    )


def test_a_failure_is_told_as_the_problem_that_it_is(plugin: PlatformPlugin, cluster: ClusterDouble) -> None:
    cluster.failure = PlatformError.single("Port 8080 of 127.0.0.1 is taken", seen="nginx (pid 7)")
    with pytest.raises(RpcError) as refused:
        plugin.create(Message(pb.CreateRequest(urn=_urn(KIND)), {"properties": KIND_INPUTS}))
    assert refused.value.message == "Port 8080 of 127.0.0.1 is taken\n  seen: nginx (pid 7)"


def test_a_gate_without_a_cluster_says_what_it_lacks(plugin: PlatformPlugin) -> None:
    check = {"check": "endpointsReady", "namespace": "a", "service": "b"}
    inputs = {"checks": [check], "triggers": [], "timeoutSeconds": 1}
    with pytest.raises(RpcError) as refused:
        plugin.create(Message(pb.CreateRequest(urn=_urn(GATE)), {"properties": inputs}))
    assert refused.value.message == "this resource needs a provider that was given a kubeconfig"


def test_another_way_to_the_cluster_replaces_nothing(plugin: PlatformPlugin) -> None:
    structs = {"old_inputs": {"kubeconfig": Secret("a")}, "news": {"kubeconfig": Secret("b")}}
    answer = plugin.diff_config(Message(pb.DiffRequest(), structs))
    assert list(answer.fields.diffs) == ["kubeconfig"]
    assert list(answer.fields.replaces) == []


def test_settings_of_others_are_left_out_of_the_providers_own(plugin: PlatformPlugin) -> None:
    answer = plugin.check_config(Message(pb.CheckRequest(), {"news": {"kubeconfig": "x", "cluster": "{}"}}))
    assert answer.structs["inputs"] == {"kubeconfig": "x"}


def test_a_resource_nobody_knows_is_refused(plugin: PlatformPlugin) -> None:
    with pytest.raises(RpcError) as refused:
        plugin.check(Message(pb.CheckRequest(urn=_urn("kserve-cluster:index:Minikube")), {"news": {}}))
    assert refused.value.message == (
        "kserve-cluster has no resource kserve-cluster:index:Minikube; it has "
        "kserve-cluster:index:KindCluster, kserve-cluster:index:CrdSet, kserve-cluster:index:Departure, "
        "kserve-cluster:index:Gate"
    )
