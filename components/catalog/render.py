"""Components rendered to objects: deterministic, and cached by content.

An entry of the cache is named by everything that its bytes depend on, so it is never checked again and needs
no tool; two stacks and two checkouts share it. CRDs stand apart: they are applied as one set from the file
(see components/cluster/resources.py for why), while every other object becomes a resource of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.catalog.component import Component
from components.catalog.entries import KUBERNETES_VERSION
from components.catalog.hygiene import CRD, tidy
from components.catalog.sources import RenderTools, read_source

# To be raised whenever the same module is rendered to other bytes: nothing else tells old entries apart.
_FORMAT = 1
_FOLDER = "rendered"
_OBJECTS, _CRDS = "objects.json", "crds.json"


@dataclass(frozen=True)
class CrdFile:
    """The CRDs of a component, as one file in the cache.

    Attributes:
        path: Relative to the cache's root. The file is one JSON object of kind List.
        sha256: Hex digest of the file.
        names: metadata.name of every CRD in it, sorted.
    """

    path: str
    sha256: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Rendered:
    """What a component is made of.

    Attributes:
        component: What was rendered.
        objects: Everything but CRDs, in upstream's order. Not to be changed: edits make copies.
        crds: The CRDs; None for a component without.
    """

    component: Component
    objects: tuple[dict[str, Any], ...]
    crds: CrdFile | None


class Renderer:
    """Renders components, or finds them rendered."""

    def __init__(self, cache_root: Path, tools: Callable[[], RenderTools] | RenderTools) -> None:
        """Render into a cache.

        Args:
            cache_root: Root folder of the cache.
            tools: What to render with; a function is called only when something has to be rendered.
        """
        self._root = cache_root
        self._tools = tools

    def render(self, component: Component) -> Rendered:
        """Return a component's objects.

        Raises:
            PlatformError: It is not in the cache and cannot be rendered.
        """
        folder = self._root / _FOLDER / cache_key(component)
        if not folder.exists():
            self._produce(component, folder)
        objects = json.loads((folder / _OBJECTS).read_bytes())
        return Rendered(component, tuple(objects), _crd_file(folder, self._root))

    def render_all(self, components: Iterable[Component]) -> Mapping[str, Rendered]:
        """Return the objects of several components by their names, rendered side by side."""
        wanted = tuple(components)
        missing = [c for c in wanted if not (self._root / _FOLDER / cache_key(c)).exists()]
        if missing:
            self._tools = self._ready_tools()
            with ThreadPoolExecutor() as pool:
                list(pool.map(self.render, missing))
        return {component.name: self.render(component) for component in wanted}

    def _ready_tools(self) -> RenderTools:
        return self._tools if isinstance(self._tools, RenderTools) else self._tools()

    def _produce(self, component: Component, folder: Path) -> None:
        tools = self._ready_tools()
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Two producers do the same work twice at worst, and whoever renames second finds it done.
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as work:
            objects = tidy(_documents(component, tools, Path(work)), component.pins, component.namespace)
            aside = Path(work) / "entry"
            aside.mkdir()
            write_entry(aside, objects)
            try:
                os.replace(aside, folder)
            except OSError:
                if not folder.exists():
                    raise


def cache_key(component: Component) -> str:
    """Name of a component's entry: readable, then a digest of all that its content depends on."""
    told = json.dumps([_FORMAT, KUBERNETES_VERSION, component.identity()])
    return f"{component.name}-{component.version}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def write_entry(folder: Path, objects: Iterable[dict[str, Any]]) -> None:
    """Write objects as a finished entry holds them.

    Args:
        folder: An empty folder.
        objects: Tidy objects, CRDs among them.
    """
    everything = list(objects)
    crds = sorted((o for o in everything if o["kind"] == CRD), key=lambda o: str(o["metadata"]["name"]))
    rest = [o for o in everything if o["kind"] != CRD]
    (folder / _OBJECTS).write_text(_json(rest), encoding="utf-8")
    if crds:
        listing = {"apiVersion": "v1", "kind": "List", "items": crds}
        (folder / _CRDS).write_text(_json(listing), encoding="utf-8")
        index = {
            "sha256": hashlib.sha256((folder / _CRDS).read_bytes()).hexdigest(),
            "names": [o["metadata"]["name"] for o in crds],
        }
        (folder / "index.json").write_text(_json(index), encoding="utf-8")


def _crd_file(folder: Path, root: Path) -> CrdFile | None:
    index = folder / "index.json"
    if not index.exists():
        return None
    told = json.loads(index.read_bytes())
    return CrdFile(str((folder / _CRDS).relative_to(root)), told["sha256"], tuple(told["names"]))


def _documents(component: Component, tools: RenderTools, work: Path) -> list[Any]:
    documents: list[Any] = []
    for source in component.manifests:
        scratch = work / "scratch"
        scratch.mkdir()
        text = read_source(source, component, tools, scratch, KUBERNETES_VERSION)
        documents += yaml.load_all(text, Loader=yaml.CSafeLoader)
        shutil.rmtree(scratch)
    return documents


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
