"""The whole stack file as one frozen value, and the names that the rest of the program needs of it."""

from __future__ import annotations

from collections.abc import Mapping

from components.settings.base import Model
from components.settings.cluster import (
    ClusterSettings,
    ExistingSettings,
    ImageSource,
    KindSettings,
    MinikubeSettings,
    Mount,
    Node,
    PortMapping,
    Ports,
)
from components.settings.eks.cluster import EksSettings
from components.settings.eks.nodes import NodeGroup
from components.settings.platform import (
    DeploymentMode,
    IngressClass,
    KServeOptions,
    PlatformSettings,
    Quota,
    ResourceProfile,
    Tls,
)
from components.settings.resources import Amounts, Resources
from components.settings.runtimes import Protocol, RuntimeName
from components.settings.services import MnistExample, ModelService, Scaled, Service
from components.settings.storage import StorageSettings
from components.settings.text import ServiceName
from components.settings.transformer import Transformer

__all__ = [
    "Amounts",
    "ClusterSettings",
    "DeploymentMode",
    "EksSettings",
    "ExistingSettings",
    "ImageSource",
    "IngressClass",
    "KServeOptions",
    "KindSettings",
    "MinikubeSettings",
    "MnistExample",
    "ModelService",
    "Mount",
    "Node",
    "NodeGroup",
    "PlatformSettings",
    "PortMapping",
    "Ports",
    "Protocol",
    "Quota",
    "ResourceProfile",
    "Resources",
    "RuntimeName",
    "Scaled",
    "Service",
    "Settings",
    "StorageSettings",
    "Tls",
    "Transformer",
]


class Settings(Model):
    """One stack: a cluster, the platform on it, and the services on that."""

    cluster: ClusterSettings
    """The cluster: one that this stack makes, or one that is there."""

    platform: PlatformSettings = PlatformSettings()
    """What is installed on the cluster, and how."""

    storage: StorageSettings = StorageSettings()
    """Where models of this stack lie."""

    services: Mapping[ServiceName, Service] = {}
    """InferenceServices by name."""
