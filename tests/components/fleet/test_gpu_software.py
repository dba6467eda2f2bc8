"""NVIDIA's software among the layers: on which machines it is, and what waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.fleet.conftest import Run
from tests.components.fleet.order import before
from tests.components.mocks import Recorder

_SYSTEM = {"instanceTypes": ["m7i.xlarge"], "minSize": 2, "maxSize": 6}
_GPU = {"instanceTypes": ["g5.2xlarge"], "minSize": 0, "maxSize": 2}
_BOTTLEROCKET = {**_GPU, "ami": "bottlerocket"}


def _agents(recorder: Recorder) -> dict[str, dict[str, str]]:
    """The machines of each agent."""
    return {
        found.name.removeprefix("kube-system/"): found.inputs["spec"]["template"]["spec"]["nodeSelector"]
        for found in recorder.of("DaemonSet")
    }


def test_machines_that_are_not_shared_have_plugin_discovery_and_metrics(run: Run) -> None:
    config = {"nvidia.com/device-plugin.config": "whole"}

    assert _agents(run()) == {
        "dcgm-exporter": {"nvidia.com/gpu.present": "true"},
        "gpu-feature-discovery": config,
        "nvidia-device-plugin": config,
    }


@pytest.mark.parametrize(
    "sharing", [{"sharing": "timeSlicing", "replicas": 4}, {"sharing": "mps", "replicas": 4}]
)
def test_the_agents_select_the_label_that_the_machines_of_a_configuration_have(
    sharing: dict[str, Any], run: Run
) -> None:
    recorder = run(gpu=sharing)

    labels = recorder.the("NodeGroup", "gpu").inputs["labels"]
    selected = _agents(recorder)["nvidia-device-plugin"]
    assert selected.items() <= labels.items()
    assert ("nvidia-device-plugin-mps-control-daemon" in _agents(recorder)) == (sharing["sharing"] == "mps")


def test_a_machine_that_has_the_plugin_built_in_gets_metrics_alone(run: Run) -> None:
    assert set(_agents(run(nodeGroups={"system": _SYSTEM, "gpu": _BOTTLEROCKET}))) == {"dcgm-exporter"}


def test_beside_machines_that_have_it_built_in_the_plugin_is_on_the_others_only(run: Run) -> None:
    recorder = run(nodeGroups={"system": _SYSTEM, "gpu": _GPU, "rocket": _BOTTLEROCKET})

    labels = {name: recorder.the("NodeGroup", name).inputs["labels"] for name in ("gpu", "rocket")}
    (selected,) = _agents(recorder)["nvidia-device-plugin"].items()
    assert selected in labels["gpu"].items()
    assert selected[0] not in labels["rocket"]


def test_auto_mode_brings_all_of_it(run: Run) -> None:
    assert _agents(run(autoscaler="auto")) == {}


def test_a_cluster_without_gpus_has_none_of_it(run: Run) -> None:
    recorder = run(nodeGroups={"system": _SYSTEM}, services={})

    assert _agents(recorder) == {}
    assert recorder.of("FeatureDiscovery") == []


def test_a_gpu_service_is_created_after_what_shows_it_a_gpu(run: Run) -> None:
    recorder = run()

    ahead = before(recorder, recorder.the("InferenceService", "kserve-test/torchserve"))

    assert {("DaemonSet", "kube-system/nvidia-device-plugin"), ("Gate", "cluster-autoscaler")} <= ahead
    assert ("DaemonSet", "kube-system/gpu-feature-discovery") not in ahead


def test_discovery_starts_with_its_kinds_and_the_configuration_of_the_plugin(run: Run) -> None:
    recorder = run()

    ahead = before(recorder, recorder.the("DaemonSet", "kube-system/gpu-feature-discovery"))

    assert {
        ("CrdSet", "node-feature-discovery"),
        ("ConfigMap", "kube-system/nvidia-device-plugin-whole"),
        ("ClusterRoleBinding", "gpu-feature-discovery"),
    } <= ahead


def test_the_worker_that_looks_at_everything_else_stays_away(run: Run) -> None:
    names = {found.name for found in run().resources}

    assert "node-feature-discovery/nfd-master" in names
    assert not [name for name in names if "nfd-worker" in name]


def test_a_gpu_service_goes_to_machines_that_its_stack_makes(run: Run) -> None:
    recorder = run()

    predictor = recorder.the("InferenceService", "kserve-test/torchserve").inputs["spec"]["predictor"]
    group = recorder.the("NodeGroup", "gpu").inputs
    assert predictor["nodeSelector"].items() <= group["labels"].items()
    assert {taint["key"] for taint in group["taints"]} == {t["key"] for t in predictor["tolerations"]}


def test_its_gate_waits_longer_than_knative_gives_it_for_a_machine(run: Run) -> None:
    recorder = run()

    predictor = recorder.the("InferenceService", "kserve-test/torchserve").inputs["spec"]["predictor"]
    deadline = predictor["annotations"]["serving.knative.dev/progress-deadline"]
    gate = recorder.the("Gate", "torchserve-answers").inputs
    knative = recorder.the("ConfigMap", "knative-serving/config-deployment").inputs["data"]
    assert (deadline, knative["progress-deadline"], gate["timeoutSeconds"]) == ("1800s", "1500s", 1920)


def test_machines_that_karpenter_makes_share_their_gpus_too(run: Run) -> None:
    sliced = {"sharing": "timeSlicing", "replicas": 4}
    recorder = run(
        autoscaler="karpenter",
        nodeGroups={"system": _SYSTEM, "rocket": _BOTTLEROCKET, "gpu": _GPU},
        gpu=sliced,
    )

    classes = {found.name: found.inputs["spec"] for found in recorder.of("EC2NodeClass")}
    assert 'device-sharing-strategy = "time-slicing"' in classes["rocket"]["userData"]
    assert "userData" not in classes["gpu"]
