"""What users do with a stack, under the real engine on a kind cluster."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.engine.kubernetes.conftest import Stack, end, make_stack
from tests.engine.kubernetes.world import MISSING, PATIENCE, World

pytestmark = pytest.mark.cluster

_TWO_MAPS = """
k8s.core.v1.ConfigMap("made", metadata={"namespace": "%s", "labels": {"tier": "%s"}}, data={"k": "%s"})
k8s.core.v1.ConfigMap("fixed", metadata={"namespace": "%s", "name": "fixed"}, data={"k": "%s"})
"""
_TEN_MAPS = """
for i in range(10):
    k8s.core.v1.ConfigMap(f"%s-{i}", metadata={"namespace": "%s"}, data={"k": "v"})
"""


def _two_maps(world: World, tier: str, value: str) -> str:
    return _TWO_MAPS % (world.space, tier, value, world.space, value)


def test_up_then_nothing_then_a_change_then_a_replacement_then_down(stack: Stack, world: World) -> None:
    stack.program(_two_maps(world, "a", "v"))
    assert stack.pulumi("preview").status == 0
    assert world.names() == set()
    assert stack.up().counts() == {"created": 3}
    assert stack.settled()
    assert stack.up().counts() == {"unchanged": 3}

    stack.program(_two_maps(world, "b", "v"))
    assert stack.up().counts() == {"updated": 1, "unchanged": 2}

    stack.program(_two_maps(world, "b", "w"))
    before = world.names()
    assert stack.up().counts() == {"replaced": 2, "unchanged": 1}
    assert len(world.names() - before) == 1  # the autonamed one has a new name, the fixed one its old
    assert [world.data(name) for name in world.names()] == [{"k": "w"}] * 2

    assert stack.pulumi("destroy", "--yes", "--skip-preview").counts() == {"deleted": 3}
    assert world.names() == set()


def test_an_edit_and_a_deletion_by_hand_are_found_and_put_right(stack: Stack, world: World) -> None:
    stack.program(f"""
space = k8s.Provider("p", enable_config_map_mutable=True)
for name in ("one", "two"):
    k8s.core.v1.ConfigMap(name, metadata={{"namespace": "{world.space}", "name": name}}, data={{"k": "v"}},
                          opts=Options(provider=space))
""")
    assert stack.up().counts() == {"created": 4}
    world.edit("ConfigMap", "one", data={"k": "edited"})
    world.remove("ConfigMap", "two")

    refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
    assert refreshed.counts() == {"updated": 1, "deleted": 1, "unchanged": 2}
    assert not stack.settled()

    assert stack.up().counts() == {"created": 1, "updated": 1, "unchanged": 2}
    assert [world.data(name) for name in ("one", "two")] == [{"k": "v"}, {"k": "v"}]
    assert stack.settled()


def test_a_secret_shows_nowhere(stack: Stack, world: World) -> None:
    stack.program(f"""
login = k8s.core.v1.Secret("login", metadata={{"namespace": "{world.space}"}},
                           string_data={{"password": "hunter2-and-more"}})
pulumi.export("password", login.data)
""")

    ran = stack.up()
    state = (stack.folder.parent / "state").rglob("*.json")

    assert ran.counts() == {"created": 2}
    shown = ran.output + "".join(path.read_text() for path in state)
    assert "hunter2-and-more" not in shown
    assert "aHVudGVyMi1hbmQtbW9yZQ==" not in shown


def test_an_object_is_imported_and_then_ours(stack: Stack, world: World) -> None:
    world.add("ConfigMap", "m", metadata={"labels": {"a": "b"}}, data={"k": "v"})
    program = f"""
k8s.core.v1.ConfigMap("m", metadata={{"name": "m", "namespace": "{world.space}", "labels": {{"a": "b"}}}},
                      data={{"k": "v"}}, opts=Options(%s))
got = k8s.core.v1.ConfigMap.get("got", "{world.space}/m")
pulumi.export("value", got.data["k"])
"""
    stack.program(program % f'import_="{world.space}/m"')

    ran = stack.up()

    assert ran.status == 0, ran.output
    assert "1 imported" in ran.output
    stack.program(program % "")
    assert stack.settled()
    assert stack.pulumi("stack", "output", "value").output.strip() == "v"


def test_an_import_from_the_command_line_works_and_says_why_it_writes_no_program(
    stack: Stack, world: World
) -> None:
    world.add("ConfigMap", "m", data={"k": "v"})
    stack.program("")
    object_id = f"{world.space}/m"
    asked = ("import", "kubernetes:core/v1:ConfigMap", "m", object_id, "--yes", "--protect=false")

    written = stack.pulumi(*asked)
    assert written.status != 0
    assert "this stand-in for the official Kubernetes plugin has no schema" in written.output
    assert "use `pulumi import --generate-code=false`" in written.output

    plain = stack.pulumi(*asked, "--generate-code=false")
    assert plain.status == 0, plain.output
    meta = {"name": "m", "namespace": world.space}
    stack.program(f'k8s.core.v1.ConfigMap("m", metadata={meta}, data={{"k": "v"}})')
    assert stack.settled()


def test_an_object_that_exists_is_found_in_preview(stack: Stack, world: World) -> None:
    world.add("ConfigMap", "fixed")
    stack.program(_two_maps(world, "a", "v"))

    ran = stack.pulumi("preview")

    assert ran.status != 0
    assert 'configmaps "fixed" already exists' in ran.output
    assert f"pulumi import kubernetes:core/v1:ConfigMap fixed {world.space}/fixed" in ran.output


def test_a_failed_rollout_tells_its_cause_and_is_repaired_by_an_update(stack: Stack, world: World) -> None:
    stack.program(world.rollout())

    failed = stack.up()

    assert failed.status != 0
    assert "'d' timed out waiting to be Ready" in failed.output
    reason = f"containers with unready status: [c][CreateContainerConfigError] {MISSING}"
    assert f"]: {reason}" in failed.output
    assert f'warning: container "c": [CreateContainerConfigError] {MISSING}' in failed.output
    assert stack.state()["d"]["initErrors"]

    world.heal()
    assert stack.up().counts() == {"updated": 1, "unchanged": 1}
    assert "initErrors" not in stack.state()["d"]
    assert stack.settled()


def test_a_timeout_of_the_options_wins_over_the_annotation(stack: Stack, world: World) -> None:
    options = f', opts=Options(custom_timeouts=pulumi.CustomTimeouts(create="{PATIENCE}s"))'
    stack.program(world.rollout(600, options))
    begin = time.monotonic()

    failed = stack.up()

    assert failed.status != 0
    assert "'d' timed out waiting to be Ready" in failed.output
    assert time.monotonic() - begin < 100
    assert stack.state()["d"]["customTimeouts"] == {"create": PATIENCE}


def test_control_c_ends_a_rollout_and_keeps_what_there_is(stack: Stack, world: World) -> None:
    stack.program(world.rollout(600))
    process = stack.start("up", "--yes", "--skip-preview")
    try:
        world.await_failure()
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        end(process)

    assert (
        time.monotonic() - begin < 20
    )  # the language host of this engine takes five seconds of its own (T2)
    assert 'Resource operation was cancelled for "d"' in output
    assert stack.state()["d"]["id"] == f"{world.space}/d"


def test_a_cluster_that_is_gone_is_named_and_can_be_forgotten(stack: Stack, world: World) -> None:
    stack.program(_two_maps(world, "a", "v"))
    assert stack.up().counts() == {"created": 3}
    (stack.folder.parent / "kubeconfig").write_text(world.elsewhere())

    refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
    assert refreshed.status != 0
    assert "failed to read resource state due to unreachable cluster" in refreshed.output
    assert "https://127.0.0.1:1: [Errno 111] Connection refused" in refreshed.output

    destroyed = stack.pulumi("destroy", "--yes", "--skip-preview", PULUMI_K8S_DELETE_UNREACHABLE="true")
    assert destroyed.counts() == {"deleted": 3}
    assert len(world.names()) == 2


def test_options_of_a_resource_are_kept(stack: Stack, world: World) -> None:
    program = f"""
provider = k8s.Provider("p", enable_config_map_mutable=True)
def put(name, value, **options):
    k8s.core.v1.ConfigMap(name, metadata={{"name": name, "namespace": "{world.space}"}}, data={{"k": value}},
                          opts=Options(provider=provider, **options))
put("ignored", "%(value)s", ignore_changes=["data"])
put("replaced", "%(value)s", replace_on_changes=["data"], delete_before_replace=True)
put("protected", "v", protect=%(protect)s)
"""
    stack.program(program % {"value": "v", "protect": True})
    assert stack.up().counts() == {"created": 5}
    before = world.get("ConfigMap", "replaced") or {}

    stack.program(program % {"value": "w", "protect": True})
    assert stack.up().counts() == {"replaced": 1, "unchanged": 4}

    after = world.get("ConfigMap", "replaced") or {}
    assert world.data("ignored") == {"k": "v"}
    assert after["data"] == {"k": "w"}
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert "cannot be deleted" in stack.pulumi("destroy", "--yes", "--skip-preview").output


def test_manifests_and_patches_come_and_go(stack: Stack, world: World) -> None:
    world.add("ConfigMap", "theirs", data={"own": "1"})
    meta = f"{{name: %s, namespace: {world.space}}}"
    text = f"{{apiVersion: v1, kind: ConfigMap, metadata: {meta}, data: {{k: v}}}}"
    (stack.folder / "a.yaml").write_text(text % "file")
    stack.program(f"""
k8s.yaml.v2.ConfigFile("v2", file="a.yaml")
k8s.yaml.ConfigGroup("v1", yaml=[{text % "group"!r}])
k8s.core.v1.ConfigMapPatch("patch", metadata={{"name": "theirs", "namespace": "{world.space}"}},
                           data={{"mine": "2"}})
""")

    assert stack.up().counts() == {"created": 6}
    assert world.data("theirs") == {"own": "1", "mine": "2"}
    assert stack.settled()
    assert stack.pulumi("destroy", "--yes", "--skip-preview").counts() == {"deleted": 6}

    assert world.names() == {"theirs"}
    assert world.data("theirs") == {"own": "1"}


def test_what_is_not_supported_is_refused_in_preview_by_name(stack: Stack, world: World) -> None:
    stack.program('k8s.helm.v3.Release("r", chart="c")')

    ran = stack.pulumi("preview")

    assert ran.status != 0
    assert "helm.v3.Release drives the Helm library, which this stand-in" in ran.output


def test_a_typing_error_is_told_in_preview(stack: Stack, world: World) -> None:
    stack.program(f"""
k8s.apps.v1.Deployment("typo", metadata={{"name": "d", "namespace": "{world.space}"}},
                       spec={{"replicsa": 1, "selector": {{}}, "template": {{}}}})
""")

    output = stack.pulumi("preview").output

    assert 'warning: unknown field "spec.replicsa": Deployment has no such field' in output
    assert world.names("Deployment") == set()


def test_two_stacks_work_side_by_side(tmp_path: Path, search_path: str, world: World) -> None:
    stacks = [make_stack(tmp_path, search_path, world.kubeconfig, name) for name in ("left", "right")]
    for one in stacks:
        one.program(_TEN_MAPS % (one.name, world.space))

    running = [one.start("up", "--yes", "--skip-preview") for one in stacks]
    outputs = [process.communicate(timeout=120)[0] for process in running]

    assert [process.returncode for process in running] == [0, 0], outputs
    assert len(world.names()) == 20
    assert all(one.settled() for one in stacks)
