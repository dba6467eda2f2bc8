"""helm.v3.Chart: rendered by the program `helm`, its objects given back to the SDK as plain data."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from providers.kubeclient.client import ApiError, Unreachable
from providers.kubernetes import yaml_documents
from providers.kubernetes.objects import Object, annotations_of
from providers.kubernetes.operations.session import Session
from providers.rpc import RpcError

_SECONDS: Final = 120
_FETCHING: Final = {
    "ca_file": "--ca-file",
    "cert_file": "--cert-file",
    "key_file": "--key-file",
    "keyring": "--keyring",
}
_FETCHING_FLAGS: Final = {"devel": "--devel", "verify": "--verify"}
_LOGINS: Final = ("username", "password")
_WITHOUT_EFFECT: Final = frozenset({"destination", "home", "prov", "untar", "untar_dir"})
"""What has no effect on the official provider either: a chart is fetched into a folder of its own."""
_HANDLED: Final = frozenset({"repo", "version", *_FETCHING, *_FETCHING_FLAGS, *_WITHOUT_EFFECT})
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
    _refuse(options.get("fetch_opts") or {})
    helm = shutil.which("helm")
    if helm is None:
        raise RpcError(
            "helm.v3.Chart needs the program helm on PATH: install Helm 3, or render the chart to YAML"
        )
    with tempfile.TemporaryDirectory(prefix="chart-") as folder:
        values = Path(folder) / "values.json"
        values.touch(0o600)  # values may hold secrets: a file of ours, never the command line
        values.write_text(json.dumps(options.get("values") or {}))
        rendered = _run([helm, *arguments({**_capabilities(session), **_given(options)}, values)])
    objects = [obj for obj in yaml_documents.load(rendered) if _wanted(obj, options)]
    return [in_namespace(obj, options.get("namespace") or "default", session) for obj in objects]


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in options.items() if item is not None and item != []}


def _refuse(fetch: Mapping[str, Any]) -> None:
    given = {name for name, item in fetch.items() if item is not None}
    if given & set(_LOGINS):
        raise RpcError(
            "helm.v3.Chart: fetch_opts.username and password are not supported by this stand-in for the "
            "official Kubernetes plugin, for they would show on a command line: log in with `helm repo add` "
            "or `helm registry login`, whose files are read"
        )
    strange = sorted(given - _HANDLED)
    if strange:
        raise RpcError(
            f"helm.v3.Chart: fetch_opts.{strange[0]} is not supported by this stand-in for the official "
            "Kubernetes plugin: fetch the chart with `helm pull` and give its path"
        )


def _capabilities(session: Session | None) -> dict[str, Any]:
    """What the cluster is and serves, for charts that ask; nothing where it cannot be asked.

    Fact: the SDK's ChartOpts.kube_version: "By default, the kubernetes version is derived from your k8s
    context". Without this Helm takes the version it was built with.
    """
    if session is None:
        return {}
    try:
        version, served = session.cluster.capabilities()
    except (ApiError, Unreachable):
        session.engine.warning(
            "the cluster cannot be asked what it is: the chart is rendered for Helm's own Kubernetes version"
        )
        return {}
    return {"kube_version": version, "api_versions": served}


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
    if options.get("api_versions"):
        line += ["--api-versions", ",".join(str(one) for one in options["api_versions"])]
    for name, option in _FETCHING.items():
        line += [option, str(fetch[name])] if fetch.get(name) else []
    return line + [option for name, option in _FETCHING_FLAGS.items() if fetch.get(name)]


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
