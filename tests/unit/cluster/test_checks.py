"""What the program asks of a gate is what the plugin can look at."""

from __future__ import annotations

import pytest

from components.cluster.checks import (
    CaBundleFilled,
    Check,
    ConditionTrue,
    DeploymentAvailable,
    DryRunAccepted,
    EndpointsReady,
    NoneLeft,
    ObjectExists,
    certificate_ready,
)
from providers.platform.fields import read_all
from providers.platform.gate.checks import read_check

WEBHOOKS = "ValidatingWebhookConfiguration"
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe"}}


@pytest.mark.parametrize(
    ("check", "title"),
    [
        (DeploymentAvailable("a", "b"), "Deployment a/b available"),
        (ConditionTrue("v1", "Node", "", "n"), "Node n Ready"),
        (certificate_ready("a", "b"), "Certificate a/b Ready"),
        (CaBundleFilled(WEBHOOKS, "w"), "ValidatingWebhookConfiguration w with a CA bundle"),
        (EndpointsReady("a", "b"), "Service a/b with a ready endpoint"),
        (DryRunAccepted(SECRET), "dry-run creation of Secret probe"),
        (NoneLeft("karpenter.sh/v1", "NodeClaim"), "no NodeClaim left"),
        (
            NoneLeft("v1", "Service", {"spec.type": "LoadBalancer"}),
            "no Service of spec.type LoadBalancer left",
        ),
        (ObjectExists("apps/v1", "Deployment", "a", "b"), "Deployment a/b"),
    ],
)
def test_the_plugin_understands_every_check(check: Check, title: str) -> None:
    assert read_all(check.to_wire(), read_check).title == title
