from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.catalog.component import Pin
from components.catalog.hygiene import tidy


def _config_map(**extra: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, **extra}


def _tidy_one(manifest: dict[str, Any], *pins: Pin, namespace: str = "") -> dict[str, Any]:
    (only,) = tidy([manifest], pins, namespace)
    return only


def test_status_and_nulls_are_dropped_but_empty_objects_stay() -> None:
    manifest = _config_map(status={"x": 1}, spec={"emptyDir": {}, "gone": None, "list": [{"gone": None}, {}]})

    assert _tidy_one(manifest)["spec"] == {"emptyDir": {}, "list": [{}, {}]}
    assert "status" not in _tidy_one(manifest)


def test_empty_documents_are_no_objects() -> None:
    assert tidy([None, {}, _config_map()], (), "") == [_config_map()]


def test_a_list_is_taken_apart() -> None:
    listing = {"apiVersion": "v1", "kind": "List", "items": [_config_map(data={"k": "v"})]}

    assert tidy([listing], (), "") == [_config_map(data={"k": "v"})]


def test_an_object_named_twice_comes_once_as_it_was_named_last() -> None:
    assert tidy([_config_map(data={"k": "1"}), _config_map(data={"k": "2"})], (), "") == [
        _config_map(data={"k": "2"})
    ]


def test_helm_hooks_are_left_out() -> None:
    hook = _config_map()
    hook["metadata"]["annotations"] = {"helm.sh/hook": "test"}

    assert tidy([hook], (), "") == []


def test_labels_that_name_helm_go_from_object_and_pod_template_and_others_stay() -> None:
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "x-1", "app": "x"}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "namespace": "b", "labels": dict(labels)},
        "spec": {"template": {"metadata": {"labels": dict(labels)}}},
    }

    tidied = _tidy_one(manifest)

    assert tidied["metadata"]["labels"] == {"app": "x"}
    assert tidied["spec"]["template"]["metadata"]["labels"] == {"app": "x"}


def test_another_manager_keeps_its_label() -> None:
    manifest = _config_map()
    manifest["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "kserve-controller-manager"}

    assert _tidy_one(manifest)["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "kserve-controller-manager"
    }


def test_knatives_example_goes_with_its_checksum() -> None:
    manifest = _config_map(data={"_example": "# long", "k": "v"})
    manifest["metadata"]["annotations"] = {"knative.dev/example-checksum": "00"}

    assert _tidy_one(manifest) == _config_map(data={"k": "v"})


def test_what_a_chart_leaves_to_the_command_line_gets_its_namespace() -> None:
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}

    assert _tidy_one(manifest, namespace="here")["metadata"] == {"name": "a", "namespace": "here"}


def test_an_object_of_the_cluster_gets_no_namespace_and_loses_a_stray_one() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}
    container = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterStorageContainer",
        "metadata": {"name": "default", "namespace": "kserve"},
    }

    assert "namespace" not in _tidy_one(role, namespace="here")["metadata"]
    assert "namespace" not in _tidy_one(container)["metadata"]


def test_pins_reach_into_text_inside_a_config_map() -> None:
    manifest = _config_map(data={"agent": '{"image": "kserve/agent:latest"}'})
    pin = Pin(r"kserve/(\w+):latest", r"docker.io/kserve/\1:v1")

    assert _tidy_one(manifest, pin)["data"] == {"agent": '{"image": "docker.io/kserve/agent:v1"}'}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), _JSON, max_size=4))
def test_tidying_twice_changes_nothing_more(spec: dict[str, Any]) -> None:
    once = _tidy_one(_config_map(spec=spec), namespace="n")

    assert _tidy_one(once, namespace="n") == once
