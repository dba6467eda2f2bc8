"""A stack with protected resources is not begun to be destroyed."""

from __future__ import annotations

from typing import Any

import pytest

from command.engine.protected import refuse_protected
from components.errors import PlatformError

_PARENT = "kserve-platform:eks:ControlPlane"


def _resource(kind: str, name: str, *, protect: bool) -> dict[str, Any]:
    urn = f"urn:pulumi:eks-prod::kserve-platform::{_PARENT}${kind}::{name}"
    return {"urn": urn, "type": kind, "protect": protect}


def test_a_stack_of_which_nothing_is_protected_can_go() -> None:
    refuse_protected({"resources": [_resource("aws:eks/nodeGroup:NodeGroup", "gpu", protect=False)]})
    assert refuse_protected({}) is None


def test_a_stack_that_holds_what_is_protected_is_left_alone_and_told_how_to_be_let_go() -> None:
    snapshot = {
        "resources": [
            _resource("aws:eks/nodeGroup:NodeGroup", "gpu", protect=False),
            _resource("aws:eks/cluster:Cluster", "cluster", protect=True),
            _resource("aws:s3/bucket:Bucket", "models", protect=True),
        ]
    }

    with pytest.raises(PlatformError) as refused:
        refuse_protected(snapshot)

    (problem,) = refused.value.problems
    assert problem.what == "this stack holds what is protected, so that nothing of it is destroyed"
    assert problem.seen == "Cluster cluster, Bucket models"
    assert problem.why == "everything else would go first: the cluster would stay and its machines be gone"
    assert problem.fix == (
        "set kserve-platform:cluster.deletionProtection to false and bring the stack up once; the policies "
        "refuse that in production, on purpose: "
        '`eval "$(make -s env STACK=<stack>)" && unset PULUMI_OPTION_POLICY_PACK && pulumi up`'
    )
