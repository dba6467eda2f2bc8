"""Level 4: AWS and what is on the cluster in one stack; what is on it comes last and goes first.

A Service of the kind that a load balancer is made for stands for the platform. What it proves: the kubeconfig
asks AWS's command for a token and says it to the API; nothing is put on the cluster before machines, add-ons
and rights are there; load balancers go while their controller still has machines to run on, so that nothing
of theirs holds the network. What it cannot: the real controllers' pace, and the platform's own objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.aws.server.process import AwsDouble
from tests.engine.eks.cluster_double import ClusterDouble
from tests.engine.eks.load_balancers import HOST
from tests.engine.eks.stack import Ran, Stack, make_stack

pytestmark = pytest.mark.engine

_PROGRAM = """\
import json

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster.eks.create import create_eks
from components.settings.load import load

with open("config.json", encoding="utf-8") as file:
    settings = load(json.load(file))
cluster = create_eks(settings.cluster, pulumi.get_stack(), small=False)
ingress = kubernetes.core.v1.Service(
    "ingress",
    metadata={"name": "ingress", "namespace": "default"},
    spec={"type": "LoadBalancer", "selector": {"app": "ingress"}, "ports": [{"port": 80}]},
    opts=pulumi.ResourceOptions(provider=cluster.kubernetes),
)
pulumi.export("host", ingress.status.load_balancer.ingress[0].hostname)
"""


@dataclass(frozen=True)
class Life:
    """A stack's life.

    Attributes:
        up, again, destroy: What the engine did.
        exported: The state after `up`.
        objects: What was on the cluster then, by path.
        left_behind: Services whose load balancers nobody removed.
        before, after: What the account had.
    """

    up: Ran
    again: Ran
    destroy: Ran
    exported: str
    objects: dict[str, dict[str, Any]]
    left_behind: list[str]
    before: set[str]
    after: set[str]


@pytest.fixture(scope="module")
def life(
    aws: AwsDouble, cluster: ClusterDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Life:
    before = aws.inventory()
    stack: Stack = make_stack(tmp_path_factory.mktemp("on"), "eks-dev", aws, search_path, _PROGRAM)
    up = stack.up()
    objects, exported = dict(cluster.api.objects), stack.pulumi("stack", "export").output
    again, destroy = stack.pulumi("preview", "--expect-no-changes"), stack.destroy()
    assert len(cluster.balancers.seen) == 1
    return Life(up, again, destroy, exported, objects, cluster.balancers.left_behind, before, aws.inventory())


def test_an_up_ends_with_what_is_on_the_cluster(life: Life) -> None:
    assert life.up.status == 0, life.up.output
    assert f'host: "{HOST}"' in life.up.output


def test_volumes_are_encrypted_and_made_where_their_pods_go(life: Life) -> None:
    (found,) = (each for path, each in life.objects.items() if "/storageclasses/" in path)

    assert found["provisioner"] == "ebs.csi.aws.com"
    assert found["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert found["volumeBindingMode"] == "WaitForFirstConsumer"
    assert found["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"


def test_a_second_preview_has_nothing_to_do_on_the_cluster(life: Life) -> None:
    assert life.again.status == 0, life.again.output


def test_the_way_to_the_cluster_is_a_secret_of_the_state(life: Life) -> None:
    assert "get-token" not in life.exported
    assert "k8s-aws-v1" not in life.exported


def test_load_balancers_go_while_their_controller_has_machines(life: Life) -> None:
    assert life.destroy.status == 0, life.destroy.output
    assert life.left_behind == []


def test_nothing_holds_the_network_when_its_turn_comes(life: Life) -> None:
    assert life.destroy.did("DeleteVpc") == ["vpc"]
    assert life.after == life.before
