from __future__ import annotations

import copy
from typing import Any

from components.layers.hardening import confined, unprivileged

_FILTER = {"type": "RuntimeDefault"}


def _deployment(pod: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", **container}], **(pod or {})}
    return {"kind": "Deployment", "metadata": {"name": "istiod"}, "spec": {"template": {"spec": spec}}}


def _runtime(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "kind": "ClusterServingRuntime",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "kserve-container"}], **spec},
    }


def test_a_container_that_says_nothing_of_system_calls_gets_the_filter_of_its_runtime() -> None:
    edited = confined(_deployment(securityContext={"runAsNonRoot": True}))

    (container,) = edited["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"] == {"runAsNonRoot": True, "seccompProfile": _FILTER}


def test_what_upstream_says_of_system_calls_stays() -> None:
    of_pod = _deployment({"securityContext": {"seccompProfile": _FILTER}})
    own = _deployment(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "a"}})

    assert confined(of_pod) == of_pod
    assert confined(own) == own


def test_the_workers_of_a_runtime_are_confined_too() -> None:
    runtime = _runtime("kserve-huggingfaceserver-multinode", workerSpec={"containers": [{"name": "w"}]})

    edited = confined(runtime)

    assert edited["spec"]["workerSpec"]["containers"][0]["securityContext"] == {"seccompProfile": _FILTER}


def test_objects_without_pods_are_left_alone() -> None:
    service = {"kind": "Service", "metadata": {"name": "a"}, "spec": {}}

    assert confined(service) == service
    assert unprivileged(service) == service


def test_a_runtime_over_several_machines_runs_without_rights_on_each() -> None:
    runtime = _runtime("kserve-huggingfaceserver-multinode", workerSpec={"containers": [{"name": "w"}]})

    spec = unprivileged(runtime)["spec"]

    expected = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [one["securityContext"] for one in (*spec["containers"], *spec["workerSpec"]["containers"])] == [
        expected,
        expected,
    ]


def test_vllm_runs_as_a_user_with_a_name_and_a_home() -> None:
    container = {
        "name": "kserve-container",
        "env": [{"name": "HOME", "value": "/mine"}, {"name": "HF_HOME", "value": "/tmp"}],
        "securityContext": {"privileged": False},
    }

    edited = unprivileged(_runtime("kserve-vllmserver", containers=[container]))

    (changed,) = edited["spec"]["containers"]
    assert changed["securityContext"] == {
        "privileged": False,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsUser": 2000,
        "runAsGroup": 0,
    }
    assert changed["env"] == [
        {"name": "HOME", "value": "/mine"},
        {"name": "HF_HOME", "value": "/tmp"},
        {"name": "USER", "value": "vllm"},
        {"name": "LOGNAME", "value": "vllm"},
    ]


def test_a_runtime_that_upstream_runs_without_rights_is_left_alone() -> None:
    runtime = _runtime("kserve-sklearnserver")

    assert unprivileged(runtime) == runtime


def test_no_edit_changes_what_it_is_given() -> None:
    given = _runtime("kserve-vllmserver")
    before = copy.deepcopy(given)

    confined(given)
    unprivileged(given)

    assert given == before
