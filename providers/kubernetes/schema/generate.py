"""Writes types.txt out of the Go modules k8s.io/api and k8s.io/apimachinery; run by hand at a new Kubernetes.

    python -m providers.kubernetes.schema.generate API_FOLDER MACHINERY_FOLDER

Why from Go and not from OpenAPI: the official provider sends every built-in object through its Go type and
back, and only the Go source tells which zero values that drops (`omitempty` on a value) and which it keeps
(on a pointer).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TARGET: Final = Path(__file__).with_name("types.txt")
_GROUP: Final = re.compile(r'^\s*(?:const )?GroupName\s*=\s*"([^"]*)"', re.MULTILINE)
_COMMENTED: Final = re.compile(r"((?:^//.*\n|^\n)+)^type (\w+) struct", re.MULTILINE)
_STRUCT: Final = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_NAMED: Final = re.compile(r"^type (\w+) =? ?((?:\[\]|map\[[\w.]+\])*[\w.]+)$", re.MULTILINE)
_FIELD: Final = re.compile(r'^\s+(?:(\w+)\s+)?(\S+)\s+`[^`]*json:"([^"]*)"', re.MULTILINE)
_IMPORT: Final = re.compile(r'^\s*(?:(\w+) )?"(k8s\.io/[^"]+)"', re.MULTILINE)
_SCALARS: Final = {
    "string": "s", "bool": "b", "int": "i", "int32": "i", "int64": "i", "uint8": "i", "byte": "i",
    "float64": "f",
}  # fmt: skip
_SPECIAL: Final = {
    "resource.Quantity": "q", "intstr.IntOrString": "x", "types.UID": "s", "types.NodeName": "s",
    "types.NamespacedName": "j", "meta.v1.Time": "t", "meta.v1.MicroTime": "t", "meta.v1.Duration": "s",
    "meta.v1.FieldsV1": "j", "runtime.RawExtension": "j", "runtime.Object": "j", "meta.v1.Verbs": "[s]",
}  # fmt: skip


class _Package:
    """One version of one API group, as its Go files declare it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        text = "\n".join(
            path.read_text()
            for path in sorted(folder.glob("*types*.go"))
            if not path.name.startswith("zz_") and not path.name.endswith("_test.go")
        )
        self.cluster_scoped = {
            kind for comments, kind in _COMMENTED.findall(text) if "+genclient:nonNamespaced" in comments
        }
        self.text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        self.structs = dict(_STRUCT.findall(self.text))
        self.named = dict(_NAMED.findall(self.text))
        self.imports = {alias or path.rsplit("/", 1)[1]: path for alias, path in _IMPORT.findall(text)}


def write(api: Path, machinery: Path) -> None:
    """Write the table for the given module folders."""
    packages: dict[str, _Package] = {"meta.v1": _Package("meta.v1", machinery / "pkg/apis/meta/v1")}
    kinds: list[str] = []
    for register in sorted(api.glob("*/*/register.go")):
        group = _GROUP.search(register.read_text())
        if group is None:
            continue
        folder = register.parent
        name = f"{folder.parent.name}.{folder.name}"
        package = packages[name] = _Package(name, folder)
        api_version = f"{group[1]}/{folder.name}" if group[1] else folder.name
        for kind, body in package.structs.items():
            if "metav1.TypeMeta" in body and "metav1.ObjectMeta" in body:
                scope = "cluster" if kind in package.cluster_scoped else "namespaced"
                kinds.append(f"kind {api_version} {kind} {scope} {name}.{kind}")
    lines = [f"{package.name}.{struct}:{_fields(package, struct, packages)}"
             for package in packages.values() for struct in package.structs]  # fmt: skip
    version = api.name.partition("@")[2]
    header = f"# Field types of Kubernetes' built-in kinds, k8s.io/api {version}; written by generate.py."
    _TARGET.write_text("\n".join([header, *sorted(kinds), *sorted(_reachable(kinds, lines))]) + "\n")


def _reachable(kinds: list[str], lines: list[str]) -> list[str]:
    """Keep the types that a kind leads to: options and reviews are of no use here."""
    bodies = {line.partition(":")[0]: line for line in lines}
    waiting = [kind.rsplit(" ", 1)[1] for kind in kinds]
    kept: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name in bodies and name not in kept:
            kept[name] = bodies[name]
            waiting += re.findall(r"[a-z0-9]+\.v\w+\.\w+", bodies[name].partition(":")[2])
    return list(kept.values())


def _fields(package: _Package, struct: str, packages: dict[str, _Package]) -> str:
    return "".join(f" {field}" for field in sorted(_each_field(package, struct, packages)))


def _each_field(package: _Package, struct: str, packages: dict[str, _Package]) -> Iterator[str]:
    for _, go_type, tag in _FIELD.findall(package.structs[struct]):
        name, *options = tag.split(",")
        if "inline" in options or not name:
            owner, _, inner = _resolve(package, go_type.lstrip("*")).rpartition(".")
            if inner == "TypeMeta":
                yield from ("apiVersion=s?", "kind=s?")
            elif owner in packages and inner in packages[owner].structs:
                yield from _each_field(packages[owner], inner, packages)
            continue
        code = _code(package, go_type, packages)
        droppable = "omitempty" in options and not go_type.startswith("*") and code[0] in "sbify[{"
        yield f"{name}={code}{'?' if droppable else ''}"


def _resolve(package: _Package, go_type: str) -> str:
    if go_type in _SCALARS:
        return go_type
    alias, dot, name = go_type.rpartition(".")
    if not dot:
        return f"{package.name}.{name}"
    path = package.imports.get(alias, alias)
    if path.startswith("k8s.io/api/"):
        return f"{path.removeprefix('k8s.io/api/').replace('/', '.')}.{name}"
    return f"meta.v1.{name}" if path.endswith("meta/v1") else f"{path.rsplit('/', 1)[-1]}.{name}"


def _code(package: _Package, go_type: str, packages: dict[str, _Package]) -> str:
    go_type = go_type.lstrip("*")
    if go_type == "[]byte":
        return "y"
    if go_type.startswith("[]"):
        return f"[{_code(package, go_type[2:], packages)}]"
    if go_type.startswith("map["):
        return f"{{{_code(package, go_type.partition(']')[2], packages)}}}"
    if go_type in _SCALARS:
        return _SCALARS[go_type]
    resolved = _resolve(package, go_type)
    if resolved in _SPECIAL:
        return _SPECIAL[resolved]
    owner, _, name = resolved.rpartition(".")
    home = packages.get(owner) or _Package(owner, Path())
    if name in home.named:
        return _code(home, home.named[name], packages)
    return resolved if owner else "j"


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
