"""helm.v3.Chart: rendered by the program `helm`, its objects given back to the SDK as plain data."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from providers.kubernetes import yaml_documents
from providers.kubernetes.objects import Object, annotations_of
from providers.kubernetes.operations.session import Session
from providers.rpc import RpcError

_SECONDS: Final = 120
_TEST_HOOKS: Final = frozenset({"test", "test-success", "test-failure"})


def template(args: Mapping[str, Any], session: Session | None) -> list[Object]:
    """Render a chart.

    Args:
        args: What the SDK sends: `jsonOpts`, the chart's options as JSON text.
        session: The provider's means; None where it is not configured.

    Raises:
        RpcError: There is no program `helm`, or it refused the chart.
    """
    from providers.kubernetes.invoke import in_namespace

    options: dict[str, Any] = json.loads(args.get("jsonOpts") or "{}")
    helm = shutil.which("helm")
    if helm is None:
        raise RpcError(
            "helm.v3.Chart needs the program helm on PATH: install Helm 3, or render the chart to YAML"
        )
    with tempfile.TemporaryDirectory(prefix="chart-") as folder:
        values = Path(folder) / "values.json"
        values.touch(0o600)  # values may hold secrets: a file of ours, never the command line
        values.write_text(json.dumps(options.get("values") or {}))
        rendered = _run([helm, *arguments(options, values)])
    objects = [obj for obj in yaml_documents.load(rendered) if _wanted(obj, options)]
    return [in_namespace(obj, options.get("namespace") or "default", session) for obj in objects]


def arguments(options: Mapping[str, Any], values: Path) -> list[str]:
    """Return the command line of `helm template` for a chart's options."""
    fetch = options.get("fetch_opts") or {}
    chart = options.get("path") or options.get("chart") or ""
    repository = fetch.get("repo") or options.get("repo")
    if repository and not str(repository).startswith(("http://", "https://", "oci://")):
        chart, repository = f"{repository}/{chart}", None
    line = [
        "template",
        str(options.get("release_name") or options.get("releaseName") or "release"),
        str(chart),
    ]
    line += ["--namespace", str(options.get("namespace") or "default"), "--values", str(values)]
    if not options.get("skip_crd_rendering"):
        line.append("--include-crds")
    if repository:
        line += ["--repo", str(repository)]
    version = fetch.get("version") or options.get("version")
    if version:
        line += ["--version", str(version)]
    if options.get("kube_version"):
        line += ["--kube-version", str(options["kube_version"])]
    for api_version in options.get("api_versions") or []:
        line += ["--api-versions", str(api_version)]
    return line


def _wanted(obj: Object, options: Mapping[str, Any]) -> bool:
    """Whether an object is registered: the hooks of `helm test` are not, unless asked for."""
    hooks = {hook.strip() for hook in str(annotations_of(obj).get("helm.sh/hook") or "").split(",")}
    return not (hooks & _TEST_HOOKS) or bool(options.get("include_test_hook_resources"))


def _run(command: list[str]) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise RpcError(f"helm template did not end within {_SECONDS} s") from None
    if ended.returncode != 0:
        raise RpcError(f"failed to generate YAML for the chart: {ended.stderr.strip()}")
    return ended.stdout
