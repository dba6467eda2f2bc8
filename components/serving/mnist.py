"""The example: TorchServe with a digit classifier, from a model store on a claim."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.catalog.images import EXAMPLE_LOADED, MNIST_MODEL_VERSION, TORCHSERVE_VERSION
from components.cluster.base import Cluster
from components.layers import model_storage
from components.layers.layer import Layer
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION, WORKLOADS
from components.serving.inference_service import Predictor
from components.serving.torchserve import ServedModel, TorchServeConfig

MODEL = "mnist"
FOLDER = "mnist"
IMAGE = f"docker.io/kserve-platform/mnist-model:{MNIST_MODEL_VERSION}"
STORAGE_URI = f"pvc://{model_storage.CLAIM}/{FOLDER}"
CONFIG = TorchServeConfig(models={MODEL: ServedModel(archive=f"{MODEL}.mar")})

_NAME = "mnist-model"
_USER = 1000
_STORE, _CONFIG_FOLDER = "/store", "/config"


@dataclass(frozen=True)
class Args:
    """What the component needs.

    Attributes:
        storage: The claim to fill.
    """

    storage: model_storage.Outputs


@dataclass(frozen=True)
class Outputs:
    """What the component gives.

    Attributes:
        loaded: The claim holds the model store.
    """

    loaded: pulumi.Resource


class MnistModel(Layer):
    """The model store of the example, written to the claim by a Job."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("MnistModel", _NAME, cluster)
        installed = self.install(
            model_store(CONFIG.render()),
            after={FOUNDATION: [args.storage.namespace], WORKLOADS: [args.storage.claim]},
        )
        self.outputs = Outputs(loaded=installed.of("Job")[0])
        self.register_outputs({})


def predictor(
    requests: Mapping[str, str], limits: Mapping[str, str], *, built: bool, **scaling: Any
) -> Predictor:
    """The example's predictor.

    Args:
        requests: What is set aside for its container.
        limits: What it may use at most.
        built: The runtime's image was built here: it is the example's server.
        scaling: The fields of `Predictor` that scale it.
    """
    return Predictor(
        model_format="pytorch",
        storage_uri=STORAGE_URI,
        runtime="kserve-torchserve",
        runtime_version=TORCHSERVE_VERSION if built else None,
        loaded_image=None if built else EXAMPLE_LOADED[0].reference,
        requests=requests,
        limits=limits,
        **scaling,
    )


def model_store(properties: str) -> list[Manifest]:
    """The configuration, and the Job that puts it and the archive on the claim.

    A Job cannot change: its name says what it runs, so that another model, configuration or container is
    another Job.
    """
    mounts = [
        {"name": "store", "mountPath": _STORE},
        {"name": "config", "mountPath": _CONFIG_FOLDER, "readOnly": True},
    ]
    container = {
        "name": "load",
        "image": IMAGE,
        "imagePullPolicy": "Never",  # no registry has it, and nobody else shall come to
        "args": [f"{_STORE}/{FOLDER}", f"{_CONFIG_FOLDER}/config.properties"],
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": mounts,
    }
    told = json.dumps([container, properties], sort_keys=True)
    name = f"{_NAME}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    metadata = {"name": name, "namespace": model_storage.NAMESPACE}
    pod = {
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": {"fsGroup": _USER},
        "containers": [container],
        "volumes": [
            {"name": "store", "persistentVolumeClaim": {"claimName": model_storage.CLAIM}},
            {"name": "config", "configMap": {"name": name}},
        ],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"config.properties": properties},
        },
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": {"backoffLimit": 3, "template": {"spec": pod}},
        },
    ]
