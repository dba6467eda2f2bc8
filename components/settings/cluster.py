"""`kserve-platform:cluster`: which cluster, and what of it this stack makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from components.settings.base import Model
from components.settings.eks.cluster import EksSettings
from components.settings.text import (
    AbsolutePath,
    FilePath,
    LabelKey,
    LabelValue,
    MirrorUrl,
    PatchVersion,
    Registry,
    Word,
)

Port = Annotated[int, Field(ge=1, le=65535)]
ImageSource = Literal["auto", "pull", "build"]

DEFAULT_KUBERNETES = "1.34.4"


class Node(Model):
    """One machine of a kind cluster: a container."""

    role: Literal["control-plane", "worker"]
    """What the node does. A control plane runs workloads as well where there is no worker."""

    labels: Mapping[LabelKey, LabelValue] = {}
    """Kubernetes labels of the node."""


class Ports(Model):
    """Where the cluster answers on this machine; only on 127.0.0.1."""

    ingress: Port = 8080
    """TCP port on 127.0.0.1 where requests for models enter. The default needs no root."""

    api_server: Port | None = None
    """TCP port on 127.0.0.1 of the Kubernetes API. A free one is chosen when absent, so that stacks run side
    by side."""


class PortMapping(Model):
    """One more port of the cluster on this machine."""

    host_port: Port
    """TCP port on 127.0.0.1 of this machine."""

    container_port: Port
    """TCP port in the first control-plane node, usually a Service's NodePort, which every node answers."""


class Mount(Model):
    """A folder of this machine inside every node."""

    host_path: AbsolutePath
    """Folder on this machine."""

    container_path: AbsolutePath
    """Where it appears in every node, since a pod can land on any of them."""

    read_only: bool = False
    """Whether nodes may only read it."""


class KindSettings(Model):
    """A kind cluster that this stack makes and deletes."""

    provider: Literal["kind"]
    """What gives the cluster."""

    kubernetes_version: PatchVersion = DEFAULT_KUBERNETES
    """Exact Kubernetes version, in quotes. The default is the last minor that runs on cgroup v1 hosts."""

    images: ImageSource = "auto"
    """Where images come from: `pull` from their registries, `build` here from the pinned modules under the
    same names, `auto` builds only where no registry can be reached. Those of the example are in no registry:
    beside pulled ones, only they are built here."""

    nodes: tuple[Node, ...] = (Node(role="control-plane"),)
    """The cluster's nodes. One control plane carries the whole platform on a laptop."""

    ports: Ports = Ports()
    """Where the cluster answers on this machine."""

    port_mappings: tuple[PortMapping, ...] = ()
    """More ports of the cluster on this machine, e.g. of a NodePort Service."""

    mounts: tuple[Mount, ...] = ()
    """Folders of this machine inside every node, e.g. with models."""

    registry_mirrors: Mapping[Registry, tuple[MirrorUrl, ...]] = {}
    """Mirrors that nodes ask before a registry, by the registry's host."""


class ExistingSettings(Model):
    """A cluster that is there already; this stack neither makes nor deletes it."""

    provider: Literal["existing"]
    """What gives the cluster."""

    context: Word
    """Context of the kubeconfig. Named here and not taken from its current-context, so that `kubectl config
    use-context` never moves a stack to another cluster."""

    kubeconfig: FilePath = "~/.kube/config"
    """Path of the kubeconfig. Credentials stay in that file."""


class MinikubeSettings(Model):
    """A minikube cluster that this stack makes. Declared; not built yet."""

    provider: Literal["minikube"]
    """What gives the cluster."""

    kubernetes_version: PatchVersion = DEFAULT_KUBERNETES
    """Exact Kubernetes version, in quotes."""

    cpus: Annotated[int, Field(ge=2)] = 2
    """CPU cores of the machine. Fewer than two and kubeadm refuses."""

    memory_gib: Annotated[int, Field(ge=4)] = 6
    """Memory of the machine in GiB. The platform with one predictor uses about 2.5 of it."""


ClusterSettings = Annotated[
    KindSettings | ExistingSettings | MinikubeSettings | EksSettings, Field(discriminator="provider")
]
