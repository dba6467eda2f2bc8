"""The double of the engine tells what a program did, and refuses what the engine would."""

from __future__ import annotations

import pulumi
import pytest
from pulumi_kubernetes import core

from components.cluster.checks import EndpointsReady
from components.cluster.resources import PACKAGE, CrdSet, Gate
from tests.components.mocks import Recorder, Secret


class _Component(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("kserve-platform:test:Component", name)
        self.crds = _crds("inner", pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def _crds(name: str, options: pulumi.ResourceOptions | None = None) -> CrdSet:
    return CrdSet(name, component=name, version="1", path="p", sha256="0", names=["b", "a"], opts=options)


def _gate(after: pulumi.Resource, trigger: pulumi.Input[str]) -> Gate:
    options = pulumi.ResourceOptions(depends_on=[after])
    return Gate("open", checks=[EndpointsReady("ns", "s")], triggers=[trigger], opts=options)


def test_parents_and_dependencies_are_written_down(recorder: Recorder) -> None:
    def program() -> None:
        component = _Component("outer")
        _gate(component, component.crds.established.apply(",".join))

    recorder.run(program)

    inner, gate = recorder.the("CrdSet", "inner"), recorder.the("Gate", "open")
    assert recorder.by_urn(inner.parent).name == "outer"
    assert gate.depends_on == {inner.urn}
    assert gate.inputs["triggers"] == ["a,b"]


def test_what_was_not_registered_is_known_to_be_absent_after_the_run(recorder: Recorder) -> None:
    def program() -> None:
        pulumi.Output.from_input("late").apply(_crds)

    recorder.run(program)

    assert [(found.type, found.name) for found in recorder.resources] == [(f"{PACKAGE}:index:CrdSet", "late")]


def test_a_name_that_is_given_twice_is_refused_as_by_the_engine(recorder: Recorder) -> None:
    def program() -> None:
        _crds("same")
        _crds("same")

    with pytest.raises(Exception, match="Duplicate resource URN"):
        recorder.run(program)


def test_secrets_are_told_from_plain_values(recorder: Recorder) -> None:
    def program() -> None:
        pulumi.export("password", pulumi.Output.secret("hidden"))
        pulumi.export("host", "shown")

    recorder.run(program)

    assert recorder.exports == {"password": Secret("hidden"), "host": "shown"}


def test_in_a_preview_nothing_that_a_provider_answers_is_known() -> None:
    seen: list[str] = []

    def program() -> None:
        crds = _crds("set")
        crds.established.apply(seen.extend)
        _gate(crds, crds.established.apply(lambda names: names[0]))

    preview = Recorder(preview=True)
    preview.run(program)

    assert seen == []
    assert len(preview.resources) == 2


def test_a_component_that_never_ends_is_not_among_the_finished(recorder: Recorder) -> None:
    def program() -> None:
        _Component("whole")
        pulumi.ComponentResource("kserve-platform:test:Component", "half")

    recorder.run(program)

    finished = {recorder.by_urn(urn).name for urn in recorder.finished if "Component" in urn}
    assert finished == {"whole"}


def test_a_mistake_of_the_program_reaches_the_test(recorder: Recorder) -> None:
    def program() -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        recorder.run(program)


def test_configuration_is_handed_over_and_forgotten_afterwards() -> None:
    read: list[str | None] = []

    def program() -> None:
        read.append(pulumi.Config("kserve-platform").get("cluster"))

    Recorder(config={"kserve-platform:cluster": "{}"}).run(program)
    Recorder().run(program)

    assert read == ["{}", None]


def test_an_object_that_is_only_read_is_found_and_not_managed(recorder: Recorder) -> None:
    def program() -> None:
        service = core.v1.Service.get("ingress", "istio-system/gateway")
        pulumi.export("port", service.spec.apply(lambda spec: spec.ports[0].port))

    recorder.run(program)

    assert recorder.exports == {"port": 80}
    assert recorder.the("Service", "ingress").read == "istio-system/gateway"
