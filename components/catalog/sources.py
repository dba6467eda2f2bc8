"""Manifests out of a module's folder: plain files, a kustomization, or a chart."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.catalog.component import Chart, Component, Files, Kustomize
from components.catalog.modules import GoModule
from components.errors import PlatformError

_SECONDS = 120


@dataclass(frozen=True)
class RenderTools:
    """What rendering needs of the machine.

    Attributes:
        module: Gives the verified folder of a pinned module.
        kubectl: The kubectl program; its `kustomize` is used.
        helm: The Helm program.
    """

    module: Callable[[GoModule], Path]
    kubectl: Path
    helm: Path


def read_source(
    source: Files | Kustomize | Chart,
    component: Component,
    tools: RenderTools,
    scratch: Path,
    kubernetes_version: str,
) -> str:
    """Return a source's manifests as a YAML stream.

    Args:
        source: Where they lie.
        component: What they belong to.
        tools: What to render with.
        scratch: An empty folder to work in.
        kubernetes_version: What a chart is told about the cluster.

    Raises:
        PlatformError: The module lacks a file, or a tool refuses.
    """
    folder = tools.module(component.module)
    match source:
        case Files(paths=paths):
            return "\n---\n".join(_texts(folder, paths, component))
        case Kustomize(folder=name):
            return _run([tools.kubectl, "kustomize", folder / name], component, scratch)
        case Chart():
            chart = stage_chart(source, component, folder, scratch)
            values = scratch / "values.json"
            values.write_text(json.dumps(source.values), encoding="utf-8")
            return _run(
                [
                    *(tools.helm, "template", source.release, chart, "--values", values, "--include-crds"),
                    *("--namespace", component.namespace, "--kube-version", kubernetes_version),
                ],
                component,
                scratch,
            )


def stage_chart(chart: Chart, component: Component, folder: Path, scratch: Path) -> Path:
    """Copy a chart aside and finish it as upstream's release process does: its version, its last templates.

    Args:
        chart: Where it lies.
        component: Whose version it gets.
        folder: The module's folder.
        scratch: Folder to put the copy in.

    Returns:
        The chart's folder.
    """
    staged = scratch / "chart"
    shutil.copytree(folder / chart.folder, staged, copy_function=shutil.copyfile)
    draft = staged / "Chart.template.yaml"
    text = (draft if draft.exists() else staged / "Chart.yaml").read_text(encoding="utf-8")
    for key in ("version", "appVersion"):
        text = re.sub(rf"^{key}:.*$", f"{key}: {_chart_version(component)}", text, flags=re.MULTILINE)
    (staged / "Chart.yaml").write_text(text, encoding="utf-8")
    for extra in chart.templates:
        for template in sorted((folder / extra).glob("*.yaml")):
            shutil.copyfile(template, staged / "templates" / template.name)
    return staged


def _chart_version(component: Component) -> str:
    """cert-manager tags its images by the chart's version, v included."""
    return (
        component.module.version if component.module.version == f"v{component.version}" else component.version
    )


def _texts(folder: Path, paths: Sequence[str], component: Component) -> list[str]:
    files: list[Path] = []
    for path in paths:
        place = folder / path
        files += sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    try:
        return [file.read_text(encoding="utf-8") for file in files]
    except OSError as error:
        raise PlatformError.single(
            f"cannot read a manifest of {component.name}",
            seen=str(error.filename),
            why=f"{component.module} does not hold it: {error.strerror}",
            fix="correct the component's entry in components/catalog/entries.py",
        ) from None


def _run(command: Sequence[str | Path], component: Component, scratch: Path) -> str:
    # Neither tool may read the user's own plugins and defaults, nor leave anything in their home.
    environment = {"HOME": str(scratch), "PATH": "/usr/bin:/bin"}
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=environment,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except FileNotFoundError:
        raise PlatformError.single(
            f"cannot render {component.name}",
            why=f"{name} is not at {command[0]}",
            fix="run `make up`, which provides the tools",
        ) from None
    except subprocess.TimeoutExpired:
        raise PlatformError.single(
            f"cannot render {component.name}", why=f"{name} did not end within {_SECONDS} s"
        ) from None
    except subprocess.CalledProcessError as error:
        raise PlatformError.single(
            f"cannot render {component.name}",
            why=f"{name}: {(error.stderr or '').strip()}",
            fix=f"see components/catalog/entries.py and {component.module}",
        ) from None
    return done.stdout
