"""The examples of GPU services, whole: from a stack file to KServe's objects."""

from __future__ import annotations

from tests.unit.serving.gpu_examples import gpu_examples

_PLACED = {
    "nodeSelector": {"k8s.amazonaws.com/accelerator": "nvidia-a10g"},
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "annotations": {"serving.knative.dev/progress-deadline": "1800s"},
}


def test_torchserve_on_a_gpu_is_this_and_nothing_else() -> None:
    assert gpu_examples()["torchserve"] == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "torchserve", "namespace": "kserve-test"},
        "spec": {
            "predictor": {
                "minReplicas": 1,
                "maxReplicas": 2,
                "timeout": 300,
                "model": {
                    "modelFormat": {"name": "pytorch"},
                    "runtime": "kserve-torchserve",
                    "runtimeVersion": "0.9.0-gpu",
                    "storageUri": "gs://kfserving-examples/models/torchserve/image_classifier/v1",
                    "resources": {
                        "requests": {"cpu": "2", "memory": "4Gi"},
                        "limits": {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"},
                    },
                },
                **_PLACED,
            }
        },
    }


def test_triton_on_a_gpu_with_its_transformer_is_this_and_nothing_else() -> None:
    assert gpu_examples()["triton-gpu"] == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "triton-gpu", "namespace": "kserve-test"},
        "spec": {
            "predictor": {
                "minReplicas": 0,
                "maxReplicas": 2,
                "timeout": 60,
                "model": {
                    "modelFormat": {"name": "triton"},
                    "runtime": "kserve-tritonserver",
                    "runtimeVersion": "23.05-py3",
                    "protocolVersion": "v2",
                    "storageUri": "s3://example-org-kserve-models/triton/bert",
                    "resources": {
                        "requests": {"cpu": "2", "memory": "8Gi"},
                        "limits": {"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"},
                    },
                },
                **_PLACED,
            },
            "transformer": {
                "minReplicas": 1,
                "maxReplicas": 4,
                "timeout": 60,
                "containers": [
                    {
                        "name": "kserve-container",
                        "image": "registry.example.org/models/bert-tokenizer:1.0.0",
                        "command": ["python", "-m", "bert_tokenizer"],
                        "args": ["--predictor_protocol=v2"],
                        "env": [{"name": "OMP_NUM_THREADS", "value": "1"}],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "1Gi"},
                            "limits": {"memory": "1Gi"},
                        },
                        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                            "runAsNonRoot": True,
                            "seccompProfile": {"type": "RuntimeDefault"},
                        },
                    }
                ],
            },
        },
    }
