"""helm:template: a chart as one run of the program helm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.kubernetes import helm
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Reply
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import ask

_BATCH = {"groupVersion": "batch/v1"}
_LOGIN = (
    "helm.v3.Chart: fetch_opts.username and password are not supported by this stand-in for the official "
    "Kubernetes plugin, for they would show on a command line: log in with `helm repo add` or "
    "`helm registry login`, whose files are read"
)
_STRANGE = (
    "helm.v3.Chart: fetch_opts.plain_http is not supported by this stand-in for the official Kubernetes "
    "plugin: fetch the chart with `helm pull` and give its path"
)


def test_a_chart_becomes_one_command_line_without_its_values() -> None:
    options = {
        "path": "chart", "release_name": "r", "namespace": "n", "values": {"password": "hunter2"},
        "fetch_opts": {
            "repo": "https://charts.example.com", "version": "1.2.3", "ca_file": "ca", "verify": True,
        }, "kube_version": "1.34",
        "api_versions": ["x/v1", "y/v1"],
    }  # fmt: skip

    assert helm.arguments(options, Path("/v")) == [
        "template", "r", "chart", "--namespace", "n", "--values", "/v", "--include-crds",
        "--repo", "https://charts.example.com", "--version", "1.2.3", "--kube-version", "1.34",
        "--api-versions", "x/v1,y/v1", "--ca-file", "ca", "--verify",
    ]  # fmt: skip


def _helm(folder: Path, script: str) -> None:
    (folder / "helm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "helm").chmod(0o700)


def test_a_chart_is_rendered_without_the_hooks_of_its_tests(
    configured: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = "{apiVersion: v1, kind: Pod, metadata: {name: t, annotations: {helm.sh/hook: test}}}"
    _helm(tmp_path, f"cat <<X\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m}}}}\n---\n{hook}\nX")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    request = {
        "tok": "kubernetes:helm:template",
        "args": {"jsonOpts": json.dumps({"path": "c", "namespace": "n"})},
    }

    answer = ask(configured(), "Invoke", request)

    assert answer["return"]["result"] == [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "n"}}
    ]


def test_a_chart_is_rendered_for_the_cluster_that_it_is_for(
    configured: Configure, api: ApiDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "line: '$*'"
    _helm(tmp_path, f'echo "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m}}, data: {{{line}}}}}"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    told = {"/version": {"gitVersion": "v1.34.4"}, "/apis": {"groups": [{"versions": [_BATCH]}]}}
    api.script = lambda call: Reply(body=told[call.path]) if call.path in told else None
    request = {"tok": "kubernetes:helm:template", "args": {"jsonOpts": json.dumps({"path": "c"})}}

    answer = ask(configured(), "Invoke", request)["return"]["result"][0]["data"]["line"]

    assert "--kube-version v1.34.4 --api-versions v1,batch/v1,v1/ConfigMap," in answer
    assert answer.endswith(",batch/v1/CronJob,batch/v1/Job")


def test_a_chart_is_rendered_without_a_cluster_too_and_that_is_told(
    configured: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _helm(tmp_path, "echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    provider = configured(None, ApiDouble.kubeconfig_of("http://127.0.0.1:1"))
    request = {"tok": "kubernetes:helm:template", "args": {"jsonOpts": json.dumps({"path": "c"})}}

    answer = ask(provider, "Invoke", request)

    assert len(answer["return"]["result"]) == 1
    log: Any = provider.engine
    assert log.texts("warning") == [
        "the cluster cannot be asked what it is: the chart is rendered for Helm's own Kubernetes version"
    ]


@pytest.mark.parametrize(
    ("fetch", "message"),
    [({"username": "u", "password": "hunter2"}, _LOGIN), ({"plain_http": True}, _STRANGE)],
)
def test_an_option_of_fetching_that_is_not_supported_is_refused(
    fetch: dict[str, Any], message: str, configured: Configure
) -> None:
    options = json.dumps({"chart": "c", "fetch_opts": fetch})

    answer = ask(configured(), "Invoke", {"tok": "kubernetes:helm:template", "args": {"jsonOpts": options}})

    assert answer["error"]["message"] == message


def test_a_chart_that_helm_refuses_is_told_in_helms_words(
    configured: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _helm(tmp_path, "echo 'Error: Chart.yaml file is missing' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    error = ask(configured(), "Invoke", {"tok": "kubernetes:helm:template", "args": {"jsonOpts": "{}"}})[
        "error"
    ]

    assert error["message"] == "failed to generate YAML for the chart: Error: Chart.yaml file is missing"


def test_without_helm_the_reader_is_told_what_to_do(
    configured: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    error = ask(configured(), "Invoke", {"tok": "kubernetes:helm:template", "args": {"jsonOpts": "{}"}})[
        "error"
    ]

    assert error["message"] == (
        "helm.v3.Chart needs the program helm on PATH: install Helm 3, or render the chart to YAML"
    )
