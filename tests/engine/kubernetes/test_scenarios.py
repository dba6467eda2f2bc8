"""What users do with a stack, under the real engine."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.kubernetes.conftest import Stack, end, make_stack
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, within

pytestmark = pytest.mark.engine

_MAPS = "/api/v1/namespaces/n/configmaps"
_TWO_MAPS = """
k8s.core.v1.ConfigMap("made", metadata={"namespace": "n", "labels": {"tier": "%s"}}, data={"k": "%s"})
k8s.core.v1.ConfigMap("fixed", metadata={"namespace": "n", "name": "fixed"}, data={"k": "%s"})
"""
_DEPLOYMENT = """
k8s.apps.v1.Deployment("d", metadata={"name": "d", "namespace": "n",
    "annotations": {"pulumi.com/timeoutSeconds": "%s"}},
    spec={"replicas": %d, "selector": {"matchLabels": {"app": "d"}},
          "template": {"metadata": {"labels": {"app": "d"}},
                       "spec": {"containers": [{"name": "c", "image": "example.test/shell:1"}]}}})
"""
_TEN_MAPS = """
for i in range(10):
    k8s.core.v1.ConfigMap(f"m{i}", metadata={"namespace": "%s"}, data={"k": "v"})
"""
_DEPLOYED = "/apis/apps/v1/namespaces/n/deployments/d"
_STUCK = {
    "metadata": {"name": "d-1", "namespace": "n", "labels": {"app": "d"}},
    "status": {
        "conditions": [
            {"type": "ContainersReady", "status": "False", "message": "containers with unready status: [c]"}
        ],
        "containerStatuses": [
            {"name": "c", "state": {"waiting": {"reason": "ErrImageNeverPull", "message": "it is not there"}}}
        ],
    },
}


def _rolled_out(obj: dict[str, Any]) -> dict[str, Any]:
    replicas = obj["spec"]["replicas"]
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), replicas)
    return {**obj, "status": {"observedGeneration": 1, **counts}}


def test_up_then_nothing_then_a_change_then_a_replacement_then_down(stack: Stack, api: ApiDouble) -> None:
    stack.program(_TWO_MAPS % ("a", "v", "v"))
    assert stack.pulumi("preview").status == 0
    assert api.objects == {}
    assert stack.up().counts() == {"created": 3}
    assert stack.settled()
    assert stack.up().counts() == {"unchanged": 3}

    stack.program(_TWO_MAPS % ("b", "v", "v"))
    assert stack.up().counts() == {"updated": 1, "unchanged": 2}

    stack.program(_TWO_MAPS % ("b", "w", "w"))
    before = set(api.objects)
    assert stack.up().counts() == {"replaced": 2, "unchanged": 1}
    assert len(set(api.objects) - before) == 1  # the autonamed one has a new name, the fixed one its old
    assert {obj["data"]["k"] for obj in api.objects.values()} == {"w"}

    assert stack.pulumi("destroy", "--yes", "--skip-preview").counts() == {"deleted": 3}
    assert api.objects == {}


def test_an_edit_and_a_deletion_by_hand_are_found_and_put_right(stack: Stack, api: ApiDouble) -> None:
    program = """
space = k8s.Provider("p", enable_config_map_mutable=True)
for name in ("one", "two"):
    k8s.core.v1.ConfigMap(name, metadata={"namespace": "n", "name": name}, data={"k": "v"},
                          opts=Options(provider=space))
"""
    stack.program(program)
    assert stack.up().counts() == {"created": 4}
    one = api.objects[f"{_MAPS}/one"]
    entry = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:k": {}}}}
    meta = {**one["metadata"], "managedFields": [*one["metadata"]["managedFields"], entry]}
    api.put(f"{_MAPS}/one", {**one, "data": {"k": "edited"}, "metadata": meta})
    api.remove(f"{_MAPS}/two")

    refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
    assert refreshed.counts() == {"updated": 1, "deleted": 1, "unchanged": 2}
    assert not stack.settled()

    assert stack.up().counts() == {"created": 1, "updated": 1, "unchanged": 2}
    assert [api.objects[f"{_MAPS}/{name}"]["data"] for name in ("one", "two")] == [{"k": "v"}, {"k": "v"}]
    assert stack.settled()


def test_a_secret_shows_nowhere(stack: Stack) -> None:
    stack.program("""
login = k8s.core.v1.Secret("login", metadata={"namespace": "n"}, string_data={"password": "hunter2-and-more"})
pulumi.export("password", login.data)
""")

    ran = stack.up()
    state = (stack.folder.parent / "state").rglob("*.json")

    assert ran.counts() == {"created": 2}
    shown = ran.output + "".join(path.read_text() for path in state)
    assert "hunter2-and-more" not in shown
    assert "aHVudGVyMi1hbmQtbW9yZQ==" not in shown


def test_an_object_is_imported_and_then_ours(stack: Stack, api: ApiDouble) -> None:
    meta = {"name": "m", "namespace": "n", "labels": {"a": "b"}}
    api.put(f"{_MAPS}/m", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}})
    program = """
k8s.core.v1.ConfigMap("m", metadata={"name": "m", "namespace": "n", "labels": {"a": "b"}}, data={"k": "v"},
                      opts=Options(%s))
got = k8s.core.v1.ConfigMap.get("got", "n/m")
pulumi.export("value", got.data["k"])
"""
    stack.program(program % 'import_="n/m"')

    ran = stack.up()

    assert ran.status == 0, ran.output
    assert "1 imported" in ran.output
    stack.program(program % "")
    assert stack.settled()
    assert stack.pulumi("stack", "output", "value").output.strip() == "v"


def test_an_import_from_the_command_line_works_and_says_why_it_writes_no_program(
    stack: Stack, api: ApiDouble
) -> None:
    meta = {"name": "m", "namespace": "n"}
    api.put(f"{_MAPS}/m", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}})
    stack.program("")
    asked = ("import", "kubernetes:core/v1:ConfigMap", "m", "n/m", "--yes", "--protect=false")

    written = stack.pulumi(*asked)
    assert written.status != 0
    assert "this stand-in for the official Kubernetes plugin has no schema" in written.output
    assert "use `pulumi import --generate-code=false`" in written.output

    plain = stack.pulumi(*asked, "--generate-code=false")
    assert plain.status == 0, plain.output
    stack.program('k8s.core.v1.ConfigMap("m", metadata={"name": "m", "namespace": "n"}, data={"k": "v"})')
    assert stack.settled()


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


def test_an_object_that_exists_is_found_in_preview(stack: Stack, api: ApiDouble) -> None:
    meta = {"name": "fixed", "namespace": "n"}
    api.put(f"{_MAPS}/fixed", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    stack.program(_TWO_MAPS % ("a", "v", "v"))

    ran = stack.pulumi("preview")

    assert ran.status != 0
    assert 'configmaps "fixed" already exists' in ran.output
    assert "pulumi import kubernetes:core/v1:ConfigMap fixed n/fixed" in ran.output


def test_a_failed_rollout_tells_its_cause_and_is_repaired_by_an_update(stack: Stack, api: ApiDouble) -> None:
    api.put("/api/v1/namespaces/n/pods/d-1", _STUCK)
    stack.program(_DEPLOYMENT % ("2", 1))

    failed = stack.up()

    assert failed.status != 0
    assert "'d' timed out waiting to be Ready" in failed.output
    assert (
        "[Pod n/d-1]: containers with unready status: [c][ErrImageNeverPull] it is not there" in failed.output
    )
    assert 'warning: container "c": [ErrImageNeverPull] it is not there' in failed.output
    assert stack.state()["d"]["initErrors"]

    api.put(_DEPLOYED, _rolled_out(api.objects[_DEPLOYED]))
    assert stack.up().counts() == {"updated": 1, "unchanged": 1}
    assert "initErrors" not in stack.state()["d"]
    assert stack.settled()


def test_control_c_ends_a_rollout_and_keeps_what_there_is(stack: Stack, api: ApiDouble) -> None:
    stack.program(_DEPLOYMENT % ("600", 1))
    process = stack.start("up", "--yes", "--skip-preview")
    assert within(60, lambda: _DEPLOYED in api.objects)
    assert within(10, lambda: any("watch" in call.query for call in api.calls))
    begin = time.monotonic()

    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)

    assert (
        time.monotonic() - begin < 20
    )  # the language host of this engine takes five seconds of its own (T2)
    assert 'Resource operation was cancelled for "d"' in output
    assert stack.state()["d"]["id"] == "n/d"


def test_a_cluster_that_is_gone_is_named_and_can_be_forgotten(stack: Stack, api: ApiDouble) -> None:
    stack.program(_TWO_MAPS % ("a", "v", "v"))
    assert stack.up().counts() == {"created": 3}
    (stack.folder.parent / "kubeconfig").write_text(api.kubeconfig_of("http://127.0.0.1:1"))

    refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
    assert refreshed.status != 0
    assert "failed to read resource state due to unreachable cluster" in refreshed.output
    assert "http://127.0.0.1:1: [Errno 111] Connection refused" in refreshed.output

    destroyed = stack.pulumi("destroy", "--yes", "--skip-preview", PULUMI_K8S_DELETE_UNREACHABLE="true")
    assert destroyed.counts() == {"deleted": 3}


def test_options_of_a_resource_are_kept(stack: Stack, api: ApiDouble) -> None:
    program = """
provider = k8s.Provider("p", enable_config_map_mutable=True)
def put(name, value, **options):
    k8s.core.v1.ConfigMap(name, metadata={"name": name, "namespace": "n"}, data={"k": value},
                          opts=Options(provider=provider, **options))
put("ignored", "%(value)s", ignore_changes=["data"])
put("replaced", "%(value)s", replace_on_changes=["data"], delete_before_replace=True)
put("protected", "v", protect=%(protect)s)
"""
    stack.program(program % {"value": "v", "protect": True})
    assert stack.up().counts() == {"created": 5}
    uid = api.objects[f"{_MAPS}/replaced"]["metadata"]["uid"]

    stack.program(program % {"value": "w", "protect": True})
    assert stack.up().counts() == {"replaced": 1, "unchanged": 4}

    assert api.objects[f"{_MAPS}/ignored"]["data"] == {"k": "v"}
    assert api.objects[f"{_MAPS}/replaced"]["data"] == {"k": "w"}
    assert api.objects[f"{_MAPS}/replaced"]["metadata"]["uid"] != uid
    assert "cannot be deleted" in stack.pulumi("destroy", "--yes", "--skip-preview").output


def test_manifests_and_patches_come_and_go(stack: Stack, api: ApiDouble) -> None:
    own = {"manager": "other", "operation": "Update", "fieldsV1": {"f:data": {"f:own": {}}}}
    meta = {"name": "theirs", "namespace": "n", "managedFields": [own]}
    api.put(
        f"{_MAPS}/theirs", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"own": "1"}}
    )
    text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: n}, data: {k: v}}"
    (stack.folder / "a.yaml").write_text(text % "file")
    stack.program(f"""
k8s.yaml.v2.ConfigFile("v2", file="a.yaml")
k8s.yaml.ConfigGroup("v1", yaml=[{text % "group"!r}])
k8s.core.v1.ConfigMapPatch("patch", metadata={{"name": "theirs", "namespace": "n"}}, data={{"mine": "2"}})
""")

    assert stack.up().counts() == {"created": 6}
    assert api.objects[f"{_MAPS}/theirs"]["data"] == {"own": "1", "mine": "2"}
    assert stack.settled()
    assert stack.pulumi("destroy", "--yes", "--skip-preview").counts() == {"deleted": 6}

    assert list(api.objects) == [f"{_MAPS}/theirs"]
    assert api.objects[f"{_MAPS}/theirs"]["data"] == {"own": "1"}


def test_what_is_not_supported_is_refused_in_preview_by_name(stack: Stack, api: ApiDouble) -> None:
    stack.program("""
k8s.helm.v3.Release("r", chart="c")
k8s.apps.v1.Deployment("typo", metadata={"name": "d", "namespace": "n"},
                       spec={"replicsa": 1, "selector": {}, "template": {}})
""")

    output = stack.pulumi("preview").output

    assert "helm.v3.Release drives the Helm library, which this stand-in" in output
    assert 'warning: unknown field "spec.replicsa": Deployment has no such field' in output
    assert api.objects == {}


def test_settings_that_are_not_supported_are_refused_in_preview_by_name(stack: Stack) -> None:
    stack.program('k8s.Provider("p", enable_server_side_apply=False)')

    output = stack.pulumi("preview").output

    assert "client-side apply is not supported by this stand-in for the official Kubernetes plugin" in output


def test_two_stacks_work_side_by_side(tmp_path: Path, search_path: str, api: ApiDouble) -> None:
    stacks = [make_stack(tmp_path, search_path, api.kubeconfig(), name) for name in ("left", "right")]
    for one in stacks:
        one.program(_TEN_MAPS % one.name)

    running = [one.start("up", "--yes", "--skip-preview") for one in stacks]
    outputs = [process.communicate(timeout=120)[0] for process in running]

    assert [process.returncode for process in running] == [0, 0], outputs
    assert len(api.objects) == 20
    assert all(one.settled() for one in stacks)
