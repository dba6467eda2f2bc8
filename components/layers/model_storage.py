"""The namespace of a stack's models, and the claim that holds their files."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core

from components.cluster.base import Cluster
from components.layers.cert_manager import namespace
from components.layers.edits import unawaited
from components.layers.layer import Layer
from components.layers.objects import Manifest

NAMESPACE = "kserve-test"
CLAIM = "model-store"


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        size: Size of the claim, as a Kubernetes quantity.
        storage_class: Its StorageClass; None for the cluster's default.
    """

    size: str
    storage_class: str | None


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        namespace: The namespace exists.
        claim: The claim exists; its volume is made when a pod first asks for it.
    """

    namespace: pulumi.Resource
    claim: pulumi.Resource


class ModelStorage(Layer):
    """Where models live."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("ModelStorage", "model-storage", cluster)
        installed = self.install([namespace(NAMESPACE), claim(args)], (unawaited,))
        self.outputs = Outputs(
            namespace=installed.of("Namespace")[0], claim=installed.of("PersistentVolumeClaim")[0]
        )
        self.register_outputs({})


def find(cluster: Cluster) -> Outputs:
    """What another stack has made of it."""
    opts = pulumi.ResourceOptions(provider=cluster.kubernetes)
    return Outputs(
        namespace=core.v1.Namespace.get(NAMESPACE, NAMESPACE, opts),
        claim=core.v1.PersistentVolumeClaim.get(CLAIM, f"{NAMESPACE}/{CLAIM}", opts),
    )


def claim(args: Args) -> Manifest:
    """The claim. ReadWriteOnce holds on one node, and every cluster has a class for it."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": args.size}}}
    if args.storage_class:
        spec["storageClassName"] = args.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": CLAIM, "namespace": NAMESPACE},
        "spec": spec,
    }
