"""`kserve-platform:storage`: where models of this stack lie."""

from __future__ import annotations

from components.settings.base import Model
from components.settings.text import Memory, ObjectName


class StorageSettings(Model):
    """The PersistentVolumeClaim that holds models."""

    size: Memory = "1Gi"
    """Size of the claim. The MNIST example needs a few megabytes; claims never shrink, so begin small."""

    storage_class: ObjectName | None = None
    """StorageClass of the claim. Absent: the cluster's default."""
