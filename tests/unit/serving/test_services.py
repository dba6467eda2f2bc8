from __future__ import annotations

from typing import Any

import pytest

from components.layers.model_storage import CLAIM
from components.serving import mnist
from components.serving.inference_service import Predictor, host, manifest
from components.serving.services import predictor_of
from components.settings.load import load
from components.settings.model import Settings
from policies.rules.inference_scaling import COLD_START


def _settings(service: dict[str, Any], **platform: Any) -> Settings:
    return load(
        {
            "kserve-platform:cluster": {"provider": "existing", "context": "c"},
            "kserve-platform:platform": platform,
            "kserve-platform:services": {"torchserve": service},
        }
    )


def _predictor(service: dict[str, Any], **platform: Any) -> Predictor:
    settings = _settings(service, **platform)
    return predictor_of(settings.services["torchserve"], settings, gpu_resource="nvidia.com/gpu", built=False)


def test_a_service_is_written_in_the_form_that_the_webhook_leaves_alone() -> None:
    assert manifest("torchserve", "kserve-test", Predictor("pytorch", "gs://bucket/v1")) == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "torchserve", "namespace": "kserve-test"},
        "spec": {
            "predictor": {
                "minReplicas": 1,
                "model": {"modelFormat": {"name": "pytorch"}, "storageUri": "gs://bucket/v1"},
            }
        },
    }


def test_soft_and_hard_limits_stand_where_knative_reads_them() -> None:
    written = manifest(
        "a", "n", Predictor("pytorch", "pvc://c", target=10, container_concurrency=5, max_replicas=3)
    )

    assert written["metadata"]["annotations"] == {"autoscaling.knative.dev/target": "10"}
    assert written["spec"]["predictor"]["containerConcurrency"] == 5
    assert written["spec"]["predictor"]["maxReplicas"] == 3


@pytest.mark.parametrize(("fewest", "most"), [(0, 3), (1, 3), (3, 3), (5, 5)])
def test_a_service_that_names_no_bound_gets_one_that_holds_its_fewest(fewest: int, most: int) -> None:
    service = {"modelFormat": "sklearn", "storageUri": "gs://bucket/v1", "minReplicas": fewest}

    assert manifest("a", "n", _predictor(service))["spec"]["predictor"]["maxReplicas"] == most


@pytest.mark.parametrize(("fewest", "most"), [(0, 3), (1, 3), (3, 3), (5, 5)])
def test_a_transformer_that_names_no_bound_gets_one_that_holds_its_fewest(fewest: int, most: int) -> None:
    transformer = {"image": "registry.example.org/tokenizer:1.0.0", "minReplicas": fewest}
    service = {"modelFormat": "sklearn", "storageUri": "gs://bucket/v1", "transformer": transformer}

    written = manifest("a", "n", _predictor(service))["spec"]["transformer"]
    assert (written["minReplicas"], written["maxReplicas"]) == (fewest, most)


def test_who_accepts_cold_starts_says_so_where_rules_look() -> None:
    service = {"modelFormat": "sklearn", "storageUri": "gs://b/v1", "minReplicas": 0, "coldStart": "accepted"}

    written = manifest("a", "n", _predictor(service))

    assert written["metadata"]["annotations"] == {COLD_START: "accepted"}


def test_a_gpu_is_a_limit_beside_the_others() -> None:
    predictor = _predictor(
        {
            "modelFormat": "pytorch",
            "storageUri": "gs://bucket/v1",
            "gpu": 1,
            "runtimeVersion": "0.9.0-gpu",
            "resources": {"limits": {"memory": "4Gi"}},
        }
    )

    model = manifest("a", "n", predictor)["spec"]["predictor"]["model"]
    assert model["resources"] == {"limits": {"memory": "4Gi", "nvidia.com/gpu": "1"}}
    assert model["runtimeVersion"] == "0.9.0-gpu"


def test_without_a_profile_the_runtimes_own_sizes_hold() -> None:
    predictor = _predictor({"modelFormat": "sklearn", "storageUri": "gs://bucket/v1"})

    assert "resources" not in manifest("a", "n", predictor)["spec"]["predictor"]["model"]


def _example() -> Settings:
    return load(
        {
            "kserve-platform:cluster": {"provider": "kind"},
            "kserve-platform:platform": {"resourceProfile": "local"},
            "kserve-platform:services": {"torchserve": {"example": "mnist", "maxReplicas": 5}},
        }
    )


def test_the_example_names_its_runtime_its_version_and_its_store() -> None:
    settings = _example()
    predictor = predictor_of(settings.services["torchserve"], settings, gpu_resource=None, built=True)

    assert manifest("torchserve", "kserve-test", predictor)["spec"]["predictor"] == {
        "minReplicas": 1,
        "maxReplicas": 5,
        "timeout": 300,
        "model": {
            "modelFormat": {"name": "pytorch"},
            "runtime": "kserve-torchserve",
            "runtimeVersion": "0.12.0",
            "storageUri": "pvc://model-store/mnist",
            "resources": {
                "requests": {"cpu": "100m", "memory": "512Mi"},
                "limits": {"cpu": "2", "memory": "2Gi"},
            },
        },
    }


def test_beside_pulled_images_the_example_runs_a_server_of_its_own_name() -> None:
    settings = _example()
    predictor = predictor_of(settings.services["torchserve"], settings, gpu_resource=None, built=False)
    model = manifest("torchserve", "kserve-test", predictor)["spec"]["predictor"]["model"]

    assert "runtimeVersion" not in model
    assert model["image"] == "kind.local/kserve-platform/torchserve:0.12.0"
    assert model["imagePullPolicy"] == "Never"


def test_a_service_answers_on_its_own_host() -> None:
    assert host("torchserve", "kserve-test", "example.com") == "torchserve.kserve-test.example.com"


def test_the_model_store_is_loaded_by_a_job_that_reads_the_configuration() -> None:
    config, job = mnist.model_store(mnist.CONFIG.render())

    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert config["data"] == {"config.properties": mnist.CONFIG.render()}
    assert container["image"] == "docker.io/kserve-platform/mnist-model:1.0.0"
    assert container["imagePullPolicy"] == "Never"
    assert container["args"] == ["/store/mnist", "/config/config.properties"]
    assert pod["volumes"] == [
        {"name": "store", "persistentVolumeClaim": {"claimName": CLAIM}},
        {"name": "config", "configMap": {"name": config["metadata"]["name"]}},
    ]
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_another_configuration_is_another_job() -> None:
    names = {mnist.model_store(text)[1]["metadata"]["name"] for text in ("a=1\n", "a=2\n", "a=1\n")}

    assert len(names) == 2
