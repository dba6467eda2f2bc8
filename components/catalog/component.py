"""What a catalog entry says: where a component's manifests lie in its module, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from components.catalog.modules import GoModule


@dataclass(frozen=True)
class Files:
    """Plain manifests.

    Attributes:
        paths: Files of the module, or folders of which every `*.yaml` is taken, in the order of their names.
    """

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Kustomize:
    """A kustomization.

    Attributes:
        folder: Folder of the module that holds its kustomization.yaml.
    """

    folder: str


@dataclass(frozen=True)
class Chart:
    """A Helm chart as it lies in a source tree: its version is not filled in yet.

    Attributes:
        folder: Folder of the module that holds Chart.yaml (or Chart.template.yaml).
        release: Release name.
        values: Values laid over the chart's own.
        templates: Folders of the module whose files are templates of this chart too; upstream's release
            process puts them there.
    """

    folder: str
    release: str
    values: Mapping[str, Any] = field(default_factory=dict)
    templates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pin:
    """Replaces a moving or unfinished image reference by the released one.

    Attributes:
        pattern: Regular expression, matched anywhere in any string of an object.
        replacement: What stands there instead; may use the pattern's groups.
    """

    pattern: str
    replacement: str


@dataclass(frozen=True)
class Component:
    """One thing that the platform installs.

    Attributes:
        name: Its name, also of its CRD set.
        version: Released version, as people know it, without a leading v.
        module: Go module that its manifests are taken from.
        namespace: Where charts are rendered to, and where the component lives; empty for CRDs alone.
        manifests: Where its manifests lie in the module.
        pins: Image references that the module leaves open.
    """

    name: str
    version: str
    module: GoModule
    namespace: str
    manifests: tuple[Files | Kustomize | Chart, ...]
    pins: tuple[Pin, ...] = ()

    def identity(self) -> str:
        """Everything that its rendered objects depend on, as text: same identity, same objects."""
        sources = [{"kind": type(source).__name__, **asdict(source)} for source in self.manifests]
        return json.dumps({**asdict(self), "manifests": sources}, sort_keys=True)
