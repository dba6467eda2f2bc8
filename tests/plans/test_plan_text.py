"""The text of a plan: complete, in a stable order, and without secrets."""

from __future__ import annotations

import re

import pulumi
from pulumi_kubernetes import apps, core

from components.cluster.checks import DryRunAccepted, EndpointsReady
from components.cluster.resources import PACKAGE, CrdSet, Gate
from tests.components.mocks import Recorder
from tests.plans.plan import plan_of


class _Layer(pulumi.ComponentResource):
    def __init__(self, image: str) -> None:
        super().__init__("kserve-platform:layers:Example", "example")
        inside = pulumi.ResourceOptions(parent=self)
        told = {"component": "example", "version": "v1", "path": "p", "sha256": "0123456789abcdef"}
        crds = CrdSet("example", **told, names=["a"], opts=inside)
        accounts = [core.v1.ServiceAccount(f"ns/{name}", opts=inside) for name in "dcba"]
        requests = {"memory": "1Gi", "cpu": "10m"}
        container = {"name": "main", "image": image, "resources": {"requests": requests}}
        server = apps.v1.Deployment(
            "ns/server",
            spec={"selector": {}, "template": {"spec": {"containers": [container]}}},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[crds, *accounts], ignore_changes=["spec.replicas"]
            ),
        )
        checks = [
            EndpointsReady("ns", "server"),
            DryRunAccepted({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}}),
        ]
        Gate("example", checks=checks, opts=pulumi.ResourceOptions(parent=self, depends_on=[server]))
        self.register_outputs({})


def _plan(image: str = "docker.io/example:1") -> str:
    def program() -> None:
        _Layer(image)
        core.v1.PersistentVolumeClaim("ns/claim", spec={"resources": {"requests": {"storage": "1Gi"}}})
        pulumi.export("password", pulumi.Output.secret("hunter2"))
        pulumi.export("address", {"host": "127.0.0.1", "token": pulumi.Output.secret("hunter2")})

    recorder = Recorder()
    recorder.run(program)
    return plan_of(recorder)


def test_a_plan_shows_every_resource_below_its_parent_with_what_matters() -> None:
    lines = [re.sub(r" \([0-9a-f]{12}\)$", " (digest)", line) for line in _plan().splitlines()]

    assert lines == [
        "kserve-platform:layers:Example example",
        f"  {PACKAGE}:index:CrdSet example",
        "      example v1: 1 CRDs, 0123456789ab",
        f"  {PACKAGE}:index:Gate example",
        "      after: Deployment ns/server",
        "      within 300 s",
        "      endpointsReady: ns server",
        "      dryRunAccepted: Pod probe",
        "  kubernetes:apps/v1:Deployment ns/server (digest)",
        "      after: 1 CrdSet, 4 ServiceAccount",
        "      ignores: spec.replicas",
        "      main: docker.io/example:1 (cpu=10m memory=1Gi)",
        "  kubernetes:core/v1:ServiceAccount ns/a (digest)",
        "  kubernetes:core/v1:ServiceAccount ns/b (digest)",
        "  kubernetes:core/v1:ServiceAccount ns/c (digest)",
        "  kubernetes:core/v1:ServiceAccount ns/d (digest)",
        "kubernetes:core/v1:PersistentVolumeClaim ns/claim",
        "    apiVersion: v1",
        "    kind: PersistentVolumeClaim",
        "    spec.resources.requests.storage: 1Gi",
        "",
        "exports",
        '  address: {"host": "127.0.0.1", "token": "(secret)"}',
        "  password: (secret)",
    ]


def test_a_plan_is_the_same_whenever_it_is_made() -> None:
    assert _plan() == _plan()


def test_a_plan_changes_with_any_field_of_an_object() -> None:
    changed = [
        (old, new)
        for old, new in zip(_plan().splitlines(), _plan("docker.io/example:2").splitlines(), strict=True)
        if old != new
    ]

    assert [old.strip().partition(" ")[0] for old, _ in changed] == ["kubernetes:apps/v1:Deployment", "main:"]


def test_a_plan_never_shows_a_secret() -> None:
    assert "hunter2" not in _plan()
