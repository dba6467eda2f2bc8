"""The shipped plan of EKS, broken in three places, before the real engine: ids are not known yet.

The plugin is the tests' double of AWS's, and the account behind it one of moto's.
"""

from __future__ import annotations

import json

import pytest
import yaml

from command.engine.places import CHECKOUT
from tests.aws.server.process import running
from tests.engine.policies.stacks import Stack

pytestmark = pytest.mark.engine

_PROGRAM = """\
import json

import pulumi

from components.cluster.eks.create import create_infrastructure
from components.settings.load import load


def spoil(args):
    props = args.props
    if args.type_ == "aws:eks/cluster:Cluster":
        props["vpc_config"].endpoint_public_access = True
        props["vpc_config"].public_access_cidrs = ["0.0.0.0/0"]
    elif args.type_ == "aws:ec2/launchTemplate:LaunchTemplate":
        props["metadata_options"].http_tokens = "optional"
    elif args.type_ == "aws:eks/nodeGroup:NodeGroup":
        props["taints"] = [{"key": "team", "value": "models", "effect": "NO_SCHEDULE"}]
    return pulumi.ResourceTransformationResult(props, args.opts)


pulumi.runtime.register_stack_transformation(spoil)
with open("config.json", encoding="utf-8") as file:
    create_infrastructure(load(json.load(file)).cluster, pulumi.get_stack())
"""


@pytest.mark.parametrize("stack", ["eks-prod"], indirect=True)
def test_open_clusters_and_machines_are_refused_before_anything_has_an_id(stack: Stack) -> None:
    shipped = yaml.safe_load((CHECKOUT / "stacks" / "Pulumi.eks-prod.yaml").read_text())["config"]
    (stack.places.checkout / "config.json").write_text(json.dumps(shipped))
    stack.program(_PROGRAM)

    with running() as aws:
        status, said = stack.run(["preview"], KSERVE_TEST_AWS_ENDPOINT=aws.url)

    told = [line.split("]  ")[1].split("  ")[0] for line in said.splitlines() if "[mandatory]" in line]
    assert status != 0
    assert {"eks-endpoint-restricted", "node-imdsv2", "gpu-nodes-tainted"} <= set(told), said
    assert "0.0.0.0/0" in said
