"""Level 4: the whole program of eks-dev on the real engine, from nothing to nothing.

AWS is the double of level 4, Kubernetes a double of a cluster whose controllers are at once done, reached by
the kubeconfig that AWS's double gives and our own plugins for Kubernetes. What it proves: every resource of
the program is made, unchanged by a second look, and gone again, in one engine's order over both worlds:
machines before the platform, load balancers before their controller, everything on the cluster before the
cluster; the kubeconfig asks AWS's command for a token, says it to the API, and stays a secret. What it
cannot: that the platform runs; tests/cluster does that on kind.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from tests.aws.server.process import AwsDouble
from tests.engine.eks.cluster_double import ClusterDouble
from tests.engine.eks.load_balancers import HOST, TOKEN
from tests.engine.eks.stack import Ran, make_whole_stack

pytestmark = pytest.mark.engine

NAME = "eks-dev"


@dataclass(frozen=True)
class Life:
    """A stack's life.

    Attributes:
        up, again, destroy: What the engine did.
        exported: The state after `up`.
        objects: What was on the cluster then, by path.
        left_behind: Services whose load balancers nobody removed.
        balancers: Services that had some.
        before, after: What the account had.
    """

    up: Ran
    again: Ran
    destroy: Ran
    exported: str
    objects: dict[str, dict[str, Any]]
    left_behind: list[str]
    balancers: set[str]
    before: set[str]
    after: set[str]


@pytest.fixture(scope="module")
def life(
    aws: AwsDouble, cluster: ClusterDouble, search_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Life:
    before = aws.inventory()
    stack = make_whole_stack(tmp_path_factory.mktemp("life"), NAME, aws, search_path)
    up = stack.up()
    objects, exported = dict(cluster.api.objects), stack.pulumi("stack", "export").output
    again, destroy = stack.pulumi("preview", "--expect-no-changes", "--diff"), stack.destroy()
    balancers = cluster.balancers
    left, seen = balancers.left_behind, balancers.seen
    return Life(up, again, destroy, exported, objects, left, seen, before, aws.inventory())


def test_the_whole_program_comes_up(life: Life) -> None:
    assert life.up.status == 0, life.up.output
    assert life.up.counts()["creat"] > 300
    kinds = Counter(each["kind"] for each in life.objects.values())
    assert (kinds["ClusterServingRuntime"], kinds["InferenceService"]) == (14, 1)


def test_volumes_are_encrypted_and_made_where_their_pods_go(life: Life) -> None:
    (found,) = (each for path, each in life.objects.items() if "/storageclasses/" in path)

    assert found["provisioner"] == "ebs.csi.aws.com"
    assert found["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert found["volumeBindingMode"] == "WaitForFirstConsumer"
    assert found["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"


def test_the_way_to_the_cluster_is_a_secret_of_the_state(life: Life) -> None:
    assert "get-token" not in life.exported
    assert TOKEN.removeprefix("Bearer ") not in life.exported


def test_its_address_is_the_load_balancers(life: Life) -> None:
    assert HOST in life.up.output


def test_a_second_look_changes_nothing(life: Life) -> None:
    assert life.again.status == 0, life.again.output


def test_everything_goes_again(life: Life) -> None:
    assert life.destroy.status == 0, life.destroy.output
    assert life.destroy.did("DeleteVpc") == ["vpc"]
    assert life.after == life.before


def test_load_balancers_go_while_their_controller_runs(life: Life) -> None:
    assert life.balancers
    assert life.left_behind == []
