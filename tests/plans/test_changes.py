"""What a changed setting changes: that, what depends on it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.catalog.selection import components_of
from components.cluster.base import Capabilities, IngressEndpoint, connect
from components.layers.platform import install
from components.serving.services import serve
from components.settings.load import load, load_stack_file
from components.settings.model import Settings
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer
from tests.components.mocks import Recorder

LOCAL = Path(__file__).parents[2] / "stacks" / "Pulumi.local.yaml"
SERVICE = "services"

# Rendering the manifests takes kubectl and helm, once; they are kept in the cache.
pytestmark = pytest.mark.build

Inputs = dict[str, str]


@pytest.fixture(scope="module")
def inputs_of() -> Callable[[Settings], Inputs]:
    """Gives every resource of a stack with its inputs as text, on a cluster that is the same for all."""
    rendered = renderer(Cache.default(), Silent()).render_all(components_of("gateway-api", built=True))
    ingress = IngressEndpoint(host="127.0.0.1", port=8080, node_port=30080)
    capabilities = Capabilities(
        load_balancer=False,
        storage_class=None,
        gpu_resource=None,
        images="build",
        small=True,
        ours=True,
        ingress=ingress,
    )

    def inputs(settings: Settings) -> Inputs:
        def program() -> None:
            cluster = connect("test", "a kubeconfig", capabilities)
            serve(cluster, settings, install(cluster, settings, rendered))

        recorder = Recorder()
        recorder.run(program)
        return {
            f"{found.type.split(':')[-1]} {found.name}": json.dumps(found.inputs, sort_keys=True, default=str)
            for found in recorder.resources
        }

    return inputs


def _with(section: str, change: dict[str, Any]) -> Settings:
    plain = {
        "kserve-platform:cluster": {"provider": "kind"},
        "kserve-platform:platform": {"resourceProfile": "local"},
        "kserve-platform:services": {"torchserve": {"example": "mnist"}},
    }
    key = f"kserve-platform:{section}"
    if section == SERVICE:
        return load({**plain, key: {"torchserve": {"example": "mnist", **change}}})
    return load({**plain, key: {**plain.get(key, {}), **change}})


def test_the_stack_of_these_tests_is_the_local_one() -> None:
    assert _with("platform", {}) == load_stack_file(LOCAL)


@pytest.mark.parametrize(
    ("section", "change", "changed"),
    [
        (
            SERVICE,
            {"maxReplicas": 5, "target": 10},
            {"InferenceService kserve-test/torchserve", "Gate torchserve-answers"},
        ),
        (
            "platform",
            {"domain": "models.example.org"},
            {
                "ConfigMap knative-serving/config-domain",
                "Gate knative",
                "ConfigMap kserve/inferenceservice-config",
                "Deployment kserve/kserve-controller-manager",
                "Gate kserve",
            },
        ),
        (
            "platform",
            {"kserve": {"storageInitializerResources": {"limits": {"memory": "4Gi"}}}},
            {
                "ConfigMap kserve/inferenceservice-config",
                "Deployment kserve/kserve-controller-manager",
                "Gate kserve",
            },
        ),
        ("storage", {"size": "2Gi"}, {"PersistentVolumeClaim kserve-test/model-store"}),
        ("cluster", {"ports": {"ingress": 9000}}, set()),
    ],
    ids=["a-service", "the-domain", "an-option-of-kserve", "the-claim", "a-port-of-the-cluster"],
)
def test_a_changed_setting_changes_just_what_depends_on_it(
    section: str,
    change: dict[str, Any],
    changed: set[str],
    inputs_of: Callable[[Settings], Inputs],
) -> None:
    before, after = inputs_of(load_stack_file(LOCAL)), inputs_of(_with(section, change))

    assert set(before) == set(after)
    assert {name for name in before if before[name] != after[name]} == changed


def test_a_runtime_less_is_one_resource_less(inputs_of: Callable[[Settings], Inputs]) -> None:
    before = inputs_of(load_stack_file(LOCAL))
    after = inputs_of(_with("platform", {"runtimes": ["kserve-torchserve"]}))

    assert len(before) - len(after) == 13
    assert {name.split()[0] for name in set(before) - set(after)} == {"ClusterServingRuntime"}
    assert {name: before[name] for name in after} == after
