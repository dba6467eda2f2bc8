"""Our plugin under the real engine: previews, updates, refreshes, secrets, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.platform.api_server import ApiServerDouble
from tests.engine.platform.conftest import Stack, crd_spec

pytestmark = pytest.mark.engine

_LAYER = """\
import json
import pulumi
from components.cluster.checks import DeploymentAvailable, DryRunAccepted
from components.cluster.resources import CrdSet, Gate, PlatformProvider

given = json.loads({given!r})
provider = PlatformProvider("platform", kubeconfig=given["kubeconfig"])
options = pulumi.ResourceOptions(provider=provider)
crds = CrdSet("crds", component="example", version=given["version"], opts=options, **given["crds"])
probe = {{"apiVersion": "v1", "kind": "Secret", "metadata": {{"name": "probe", "namespace": "serving"}}}}
gate = Gate(
    "gate",
    checks=[DeploymentAvailable("serving", "webhook"), DryRunAccepted(probe)],
    triggers=[given["version"]],
    timeout_seconds=given["seconds"],
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[crds]),
)
pulumi.export("established", crds.established)
"""

_CLUSTER = """\
import pulumi
from components.cluster.base import Capabilities, IngressEndpoint
from components.cluster.checks import EndpointsReady
from components.cluster.kind import KindCluster
from components.cluster.resources import Gate, PlatformProvider

made = KindCluster("cluster", {inputs!r})
platform = PlatformProvider("platform", kubeconfig=made.kubeconfig)
Gate("gate", checks=[EndpointsReady("a", "b")], opts=pulumi.ResourceOptions(provider=platform))
"""

_KIND = {
    "name": "never-made",
    "kubernetesVersion": "1.34.4",
    "nodeImage": "docker.io/kindest/node:v1.34.4",
    "nodes": [{"role": "control-plane"}],
}


def _layer(api_server: ApiServerDouble, crds: dict[str, Any], **more: Any) -> str:
    given = {"kubeconfig": api_server.kubeconfig, "crds": crds, "version": "v1", "seconds": 30, **more}
    return _LAYER.format(given=json.dumps(given))


def test_crds_and_a_gate_come_up_and_stay_unchanged(
    stack: Stack, api_server: ApiServerDouble, crd_file: dict[str, Any]
) -> None:
    api_server.deploy(available=1)
    stack.program(_layer(api_server, crd_file))
    first = stack.up()
    assert first.status == 0, first.output
    assert api_server.crd("gates.example.org")["spec"] == crd_spec("gates.example.org")
    again = stack.pulumi("preview", "--expect-no-changes", "--diff")
    assert again.status == 0, again.output


def test_the_token_is_in_no_state_and_no_output(
    stack: Stack, api_server: ApiServerDouble, crd_file: dict[str, Any]
) -> None:
    api_server.deploy(available=1)
    stack.program(_layer(api_server, crd_file))
    ran = stack.up("--diff")
    assert ran.status == 0, ran.output
    assert "hunter2" not in ran.output
    assert "hunter2" not in stack.pulumi("stack", "export").output
    provider = stack.state()["pulumi:providers:kserve-cluster"]
    assert "ciphertext" in provider["inputs"]["kubeconfig"]


def test_a_crd_changed_by_hand_is_put_back(
    stack: Stack, api_server: ApiServerDouble, crd_file: dict[str, Any]
) -> None:
    api_server.deploy(available=1)
    stack.program(_layer(api_server, crd_file))
    assert stack.up().status == 0
    api_server.crd("gates.example.org")["spec"]["group"] = "elsewhere.org"
    refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
    assert refreshed.status == 0, refreshed.output
    ran = stack.up()
    assert ran.status == 0, ran.output
    assert api_server.crd("gates.example.org")["spec"] == crd_spec("gates.example.org")
    assert stack.pulumi("preview", "--expect-no-changes").status == 0


def test_a_gate_that_stays_closed_fails_with_every_reason(
    stack: Stack, api_server: ApiServerDouble, crd_file: dict[str, Any]
) -> None:
    api_server.deploy(available=0)
    api_server.refusal = "failed calling webhook: connection refused"
    stack.program(_layer(api_server, crd_file, seconds=2))
    ran = stack.up()
    assert ran.status != 0
    assert "It did not open within 2 s" in ran.output
    assert "Deployment serving/webhook available: 0 of 1 replicas are available, 1 are updated" in ran.output
    assert (
        "dry-run creation of Secret serving/probe: failed calling webhook: connection refused" in ran.output
    )


def test_a_gate_looks_again_when_its_triggers_change(
    stack: Stack, api_server: ApiServerDouble, crd_file: dict[str, Any]
) -> None:
    api_server.deploy(available=1)
    stack.program(_layer(api_server, crd_file))
    assert stack.up().status == 0
    api_server.deploy(available=0)
    stack.program(_layer(api_server, crd_file, version="v2", seconds=1))
    ran = stack.up()
    assert ran.status != 0
    assert "It did not open within 1 s" in ran.output


def test_crds_stay_on_the_cluster_when_the_stack_is_destroyed(
    stack: Stack, api_server: ApiServerDouble, crd_file: dict[str, Any]
) -> None:
    api_server.deploy(available=1)
    stack.program(_layer(api_server, crd_file))
    assert stack.up().status == 0
    ran = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert ran.status == 0, ran.output
    assert api_server.crd("gates.example.org")


def test_a_preview_of_a_cluster_makes_nothing_though_all_of_it_is_unknown(stack: Stack) -> None:
    stack.program(_CLUSTER.format(inputs=_KIND))
    ran = stack.pulumi("preview", "--diff")
    assert ran.status == 0, ran.output
    assert "kserve-cluster:index:KindCluster: (create)" in ran.output
    assert "kserve-cluster:index:Gate: (create)" in ran.output


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kubernetesVersion": "1.34"}, 'must be an exact version such as "1.34.4", is "1.34"'),
        ({"nodes": [{"role": "worker"}]}, "must hold exactly one control-plane, holds 0"),
        ({"network": "calico"}, 'must be kindnet or bridge, is "calico"'),
    ],
)
def test_a_bad_cluster_is_refused_in_preview(stack: Stack, changed: dict[str, Any], told: str) -> None:
    stack.program(_CLUSTER.format(inputs={**_KIND, **changed}))
    ran = stack.pulumi("preview")
    assert ran.status != 0
    assert told in ran.output
