"""What only the double can be made to do, and what needs no cluster, under the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.kubernetes.conftest import Stack, end, make_stack
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, within

pytestmark = pytest.mark.engine


@pytest.fixture
def stack(tmp_path: Path, search_path: str, api: ApiDouble) -> Stack:
    return make_stack(tmp_path, search_path, api.kubeconfig(), "test")


def test_everything_is_waited_for_where_the_environment_asks_for_it(stack: Stack, api: ApiDouble) -> None:
    stack.program("""
k8s.apiextensions.CustomResource("w", api_version="fx.example.com/v1", kind="Widget", metadata={
    "name": "w", "namespace": "n", "annotations": {"pulumi.com/timeoutSeconds": "60"}}, spec={"size": 1})
""")
    path = "/apis/fx.example.com/v1/namespaces/n/widgets/w"
    process = stack.start("up", "--yes", "--skip-preview", PULUMI_K8S_AWAIT_ALL="true")
    not_yet = {"type": "Ready", "status": "False", "reason": "Busy", "message": "on its way"}

    def make_busy(call: Call) -> Reply | None:
        if call.method != "POST" or not call.path.endswith("/widgets"):
            return None
        return Reply(201, api.put(path, {**call.body, "status": {"conditions": [not_yet]}}))

    api.script = make_busy
    try:
        assert within(60, lambda: any("watch" in call.query for call in api.calls))
        ready = {"type": "Ready", "status": "True"}
        api.put(path, {**api.objects[path], "status": {"conditions": [ready]}})
        output, _ = process.communicate(timeout=60)
    finally:
        end(process)

    assert process.returncode == 0, output
    assert stack.state()["w"]["outputs"]["status"] == {"conditions": [ready]}


def test_settings_that_are_not_supported_are_refused_in_preview_by_name(stack: Stack) -> None:
    stack.program('k8s.Provider("p", enable_server_side_apply=False)')

    output = stack.pulumi("preview").output

    assert "client-side apply is not supported by this stand-in for the official Kubernetes plugin" in output


def test_client_settings_reach_the_client_and_are_judged_in_preview(stack: Stack, api: ApiDouble) -> None:
    program = """
provider = k8s.Provider("p", kube_client_settings={"burst": 1, "qps": %s, "timeout": 20})
k8s.core.v1.ConfigMap("m", metadata={"name": "m", "namespace": "n"}, opts=Options(provider=provider))
"""
    stack.program(program % "20.0")
    up = stack.up()
    assert up.counts() == {"created": 3}
    assert "has no setting" not in up.output

    stack.program(program % '"fast"')
    assert "kubeClientSettings.qps is 'fast', which is not a number" in stack.pulumi("preview").output


def test_a_chart_is_rendered_by_the_helm_on_path(stack: Stack, api: ApiDouble) -> None:
    chart = stack.folder / "greeter"
    (chart / "templates").mkdir(parents=True)
    (chart / "crds").mkdir()
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: greeter, version: 1.0.0}\n")
    (chart / "values.yaml").write_text("greeting: hello\n")
    (chart / "templates" / "map.yaml").write_text(_CHART_MAP)
    stack.program("""
from pulumi_kubernetes.helm.v3 import Chart, LocalChartOpts
values = {"greeting": pulumi.Output.secret("moin")}
chart = Chart("guest", LocalChartOpts(path="greeter", namespace="n", values=values))
pulumi.export("kinds", chart.ready.apply(lambda made: sorted(type(one).__name__ for one in made)))
""")
    assert stack.pulumi("preview").status == 0

    assert stack.up().counts() == {"created": 3}
    made = api.objects["/api/v1/namespaces/n/configmaps/guest-greeting"]
    assert made["data"] == {"greeting": "moin", "release": "guest"}
    assert stack.settled()
    assert stack.pulumi("destroy", "--yes", "--skip-preview").counts() == {"deleted": 3}


_CHART_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-greeting
data:
  greeting: {{ .Values.greeting }}
  release: {{ .Release.Name }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {"helm.sh/hook": test}
spec: {containers: [{name: c, image: i}]}
"""
