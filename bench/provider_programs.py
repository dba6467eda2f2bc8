"""The programs that the provider's measurement runs, and copies of the platform's CRDs for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from machine.cache import Cache

_MAPS = """\
import pulumi
import pulumi_kubernetes as k8s

options = pulumi.ResourceOptions(provider=k8s.Provider("cluster", enable_config_map_mutable=True))
space = k8s.core.v1.Namespace("space", metadata={{"name": "bench-provider"}}, opts=options)
options = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[space]))
for number in range({count}):
    name = f"map-{{number}}"
    k8s.core.v1.ConfigMap(name, metadata={{"name": name, "namespace": "bench-provider"}},
                          data={{"key": {value!r}}}, opts=options)
"""
_SETS = """\
import json
import pulumi
from components.cluster.resources import CrdSet, PlatformProvider

given = json.loads({given!r})
options = pulumi.ResourceOptions(provider=PlatformProvider("platform", kubeconfig=given["kubeconfig"]))
for one in given["files"]:
    CrdSet(one["component"], version="bench", keep_on_delete=False, opts=options, **one)
"""


@dataclass(frozen=True)
class CrdFile:
    """A file of CRDs: what a CrdSet wants to know of it."""

    component: str
    path: str
    sha256: str
    names: list[str]


def config_maps(count: int, value: str) -> str:
    """A program of so many ConfigMaps in a namespace of its own, all with one value."""
    return _MAPS.format(count=count, value=value)


def crd_sets(files: Sequence[CrdFile], kubeconfig: str) -> str:
    """A program of one CrdSet a file."""
    given = json.dumps({"kubeconfig": kubeconfig, "files": [asdict(one) for one in files]})
    return _SETS.format(given=given)


def copies_of_crds(source: Cache, target: Cache) -> list[CrdFile]:
    """Copy every rendered file of CRDs, the newest of each component, into groups of the measurement's own.

    The copies may lie beside the originals on a cluster, and going takes nothing of anybody's with them.
    """
    newest: dict[str, Any] = {}
    for path in sorted(source.path("rendered").glob("*/crds.json"), key=lambda path: path.stat().st_mtime):
        newest[path.parent.name.rsplit("-", 2)[0]] = path
    return [_copy(component, path.read_bytes(), target) for component, path in sorted(newest.items())]


def _copy(component: str, data: bytes, target: Cache) -> CrdFile:
    items = json.loads(data)["items"]
    for item in items:
        group = f"bench-{item['spec']['group']}"
        item["spec"]["group"] = group
        item["metadata"]["name"] = f"{item['spec']['names']['plural']}.{group}"
    written = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    path = f"rendered/{component}/crds.json"
    target.path(path).parent.mkdir(parents=True, exist_ok=True)
    target.path(path).write_bytes(written)
    names = [str(item["metadata"]["name"]) for item in items]
    return CrdFile(component, path, hashlib.sha256(written).hexdigest(), names)
