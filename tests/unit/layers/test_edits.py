from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from components.layers.edits import (
    Edit,
    annotated,
    apply_edits,
    asked_at_once,
    built_images,
    for_object,
    small,
    unawaited,
    with_data,
    with_pod_annotation,
    without,
    without_aggregated_rules,
)

_QUEUE = "gcr.io/knative-releases/knative.dev/serving/cmd/queue"


def _deployment(**container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "controller", "namespace": "n"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", **container}]}}},
    }


def _container(manifest: dict[str, Any] | None) -> dict[str, Any]:
    assert manifest is not None
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _config_map(name: str = "config", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_an_image_by_digest_is_named_by_the_tag_that_is_built() -> None:
    edited = built_images(_deployment(image=f"{_QUEUE}@sha256:{'4' * 64}", imagePullPolicy="Always"))

    assert _container(edited) == {
        "name": "c",
        "image": f"{_QUEUE}:v1.21.1",
        "imagePullPolicy": "IfNotPresent",
    }


def test_the_image_that_knative_puts_beside_predictors_is_named_too() -> None:
    edited = built_images(_config_map(**{"queue-sidecar-image": f"{_QUEUE}@sha256:{'4' * 64}"}))

    assert edited["data"] == {"queue-sidecar-image": f"{_QUEUE}:v1.21.1"}


def test_small_asks_for_next_to_nothing_and_lifts_the_limit_of_cpu() -> None:
    upstream = {"requests": {"cpu": "500m", "memory": "2048Mi"}, "limits": {"cpu": "100m", "memory": "300Mi"}}

    assert _container(small(_deployment(resources=upstream)))["resources"] == {
        "requests": {"cpu": "10m", "memory": "64Mi"},
        "limits": {"memory": "300Mi"},
    }


def test_small_asks_for_something_where_upstream_asks_for_nothing() -> None:
    assert _container(small(_deployment()))["resources"] == {"requests": {"cpu": "10m", "memory": "64Mi"}}


@pytest.mark.parametrize("kind", ["HorizontalPodAutoscaler", "PodDisruptionBudget"])
def test_small_leaves_out_what_guards_several_replicas(kind: str) -> None:
    assert small({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}) is None


def test_a_slow_first_question_becomes_a_startup_probe_with_the_same_handler() -> None:
    probe = {"httpGet": {"path": "/readyz", "port": 8081}, "initialDelaySeconds": 30, "periodSeconds": 5}

    assert _container(asked_at_once(_deployment(readinessProbe=probe))) == {
        "name": "c",
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8081}, "periodSeconds": 5},
        "startupProbe": {
            "httpGet": {"path": "/readyz", "port": 8081},
            "periodSeconds": 1,
            "failureThreshold": 300,
        },
    }


def test_a_startup_probe_of_upstream_stays() -> None:
    upstream = _deployment(readinessProbe={"tcpSocket": {"port": 1}}, startupProbe={"tcpSocket": {"port": 2}})

    assert asked_at_once(upstream) == upstream


def test_a_container_without_probe_gets_none() -> None:
    assert asked_at_once(_deployment()) == _deployment()


def test_data_is_laid_over_one_config_map_only() -> None:
    edit = with_data("config", {"b": "2"})

    assert apply_edits([_config_map(a="1"), _config_map("other", a="1")], edit) == [
        _config_map(a="1", b="2"),
        _config_map("other", a="1"),
    ]


def test_a_config_map_without_data_can_be_given_some() -> None:
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config"}}

    assert with_data("config", {"b": "2"})(bare) == _config_map(b="2")


def test_a_pod_annotation_reaches_the_template_and_nothing_else() -> None:
    edited = with_pod_annotation("controller", "digest", "1")(_deployment())

    assert edited is not None
    assert edited["spec"]["template"]["metadata"] == {"annotations": {"digest": "1"}}
    assert "annotations" not in edited["metadata"]


def test_aggregated_rules_are_left_to_their_controller() -> None:
    role = {"kind": "ClusterRole", "aggregationRule": {"clusterRoleSelectors": []}, "rules": []}

    assert without_aggregated_rules(role) == {
        "kind": "ClusterRole",
        "aggregationRule": {"clusterRoleSelectors": []},
    }
    assert without_aggregated_rules({"kind": "ClusterRole", "rules": []}) == {
        "kind": "ClusterRole",
        "rules": [],
    }


@pytest.mark.parametrize("kind", ["Service", "PersistentVolumeClaim"])
def test_services_and_claims_are_not_waited_for(kind: str) -> None:
    edited = unawaited({"kind": kind, "metadata": {"name": "a", "annotations": {"x": "y"}}})

    assert edited["metadata"]["annotations"] == {"x": "y", "pulumi.com/skipAwait": "true"}


def test_deployments_are_waited_for() -> None:
    assert unawaited(_deployment()) == _deployment()


def test_objects_are_left_out_by_kind_and_name_or_by_kind() -> None:
    manifests = [_config_map("a"), _config_map("b"), _deployment()]

    assert apply_edits(manifests, without(("ConfigMap", "a"), ("Deployment", "*"))) == [_config_map("b")]


def test_what_one_edit_leaves_out_no_later_one_sees() -> None:
    def refuse(manifest: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(manifest)

    assert apply_edits([_config_map("a")], without(("ConfigMap", "*")), refuse) == []


def test_an_edit_for_one_object_leaves_others_of_its_name_alone() -> None:
    edit = for_object("Deployment", "config", lambda _: None)

    assert apply_edits([_config_map()], edit) == [_config_map()]


@pytest.mark.parametrize(
    "edit",
    [
        built_images,
        small,
        asked_at_once,
        with_pod_annotation("controller", "a", "b"),
        with_data("config", {"a": "b"}),
        unawaited,
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda: _deployment(
            image="kserve/agent:v0.20.0", readinessProbe={"tcpSocket": {"port": 1}}, resources={}
        ),
        lambda: _config_map(**{"queue-sidecar-image": "kserve/agent:v0.20.0"}),
        lambda: {"kind": "Service", "metadata": {"name": "a"}},
    ],
)
def test_no_edit_changes_what_it_is_given(edit: Edit, make: Callable[[], dict[str, Any]]) -> None:
    given = make()
    before = copy.deepcopy(given)

    edit(given)

    assert given == before


def test_an_annotation_may_be_known_only_later() -> None:
    account = {"kind": "ServiceAccount", "metadata": {"name": "a", "annotations": {"b": "c"}}}
    later = object()

    (changed,) = apply_edits([account], annotated("ServiceAccount", "a", {"role": later}))

    assert changed["metadata"]["annotations"] == {"b": "c", "role": later}
    assert account["metadata"]["annotations"] == {"b": "c"}
