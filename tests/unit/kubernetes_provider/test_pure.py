"""Laws of the pure parts: any JSON, any change."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.kubernetes import naming, paths, ssa
from providers.kubernetes.checkpoint import inputs_imported
from providers.kubernetes.diff import compare, prune
from providers.kubernetes.naming import Autonaming
from providers.kubernetes.normalise import normalise, unknown_fields
from providers.kubernetes.quantity import canonical
from providers.kubernetes.secrecy import conceal, conceal_object
from providers.rpc import Secret, reveal
from tests.unit.rpc.anyjson import any_object

_SEEDS = st.integers(0, 2**64)


def _thing(spec: dict[str, Any]) -> dict[str, Any]:
    meta = {"name": "t", "namespace": "n"}
    return {"apiVersion": "x.example.com/v1", "kind": "Thing", "metadata": meta, "spec": spec}


@settings(max_examples=1500, deadline=None)
@given(_SEEDS, _SEEDS)
def test_what_the_server_adds_is_no_difference(first: int, second: int) -> None:
    inputs, added = any_object(first), any_object(second)
    live = {**_thing({**added, **copy.deepcopy(inputs)}), "status": added}

    assert compare(live, _thing(inputs), _thing(inputs), patch=False).changes == {}


@settings(max_examples=2500, deadline=None)
@given(_SEEDS, _SEEDS)
def test_a_difference_is_where_the_values_differ(first: int, second: int) -> None:
    old, new = any_object(first), any_object(second)
    found = compare(_thing(old), _thing(old), _thing(new), patch=False).changes

    assert bool(found) == (_typed(old) != _typed(new))
    for text, change in found.items():
        path = paths.parse(text)
        assert paths.show(path) == text
        assert (change != "ADD") == _reaches(_thing(old), path)
        assert (change != "DELETE") == _reaches(_thing(new), path)


def _typed(value: Any) -> Any:
    """The value with its booleans told from numbers, which Python's equality does not do."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return (isinstance(value, bool), value)


def _reaches(root: Any, path: paths.Path) -> bool:
    for step in path:
        if isinstance(root, dict) and step in root:
            root = root[str(step)]
        elif isinstance(root, list) and isinstance(step, int) and step < len(root):
            root = root[step]
        else:
            return False
    return True


def test_a_null_of_a_custom_resource_is_no_difference_from_nothing() -> None:
    """Its inputs keep it, as the official ones do, and its API server does not."""
    wanted = _thing({"size": None, "parts": [{"a": None, "b": 1}]})

    assert compare(_thing({"parts": [{"b": 1}]}), wanted, wanted, patch=False).changes == {}
    assert compare(_thing({"size": 1}), wanted, wanted, patch=False).changes == {
        "spec.size": "UPDATE",
        "spec.parts": "ADD",
    }


@settings(max_examples=1000, deadline=None)
@given(_SEEDS, _SEEDS)
def test_pruning_keeps_to_the_shape_and_once_is_enough(first: int, second: int) -> None:
    value, shape = any_object(first), any_object(second)
    pruned = prune(value, shape)

    assert set(pruned) <= set(shape)
    assert prune(pruned, shape) == pruned


@settings(max_examples=1000, deadline=None)
@given(_SEEDS)
def test_an_ignored_path_hides_its_difference(seed: int) -> None:
    spec = any_object(seed)
    found = compare(_thing({}), _thing({}), _thing(spec), patch=False).changes

    assert compare(_thing({}), _thing({}), _thing(spec), ignored=list(found), patch=False).changes == {}


@settings(max_examples=500, deadline=None)
@given(_SEEDS, _SEEDS)
def test_marks_of_secrecy_change_no_value(first: int, second: int) -> None:
    plain, marked = any_object(first), any_object(second)
    hidden = {key: Secret(item) for key, item in marked.items()}

    concealed = conceal(plain, hidden)

    assert reveal(concealed) == plain
    assert all(isinstance(concealed[key], Secret) for key in set(plain) & set(hidden))


_CONTAINERS = st.fixed_dictionaries(
    {"name": st.text("ab", min_size=1)},
    optional={
        "image": st.text("i:", max_size=2),
        "args": st.lists(st.one_of(st.text("a", max_size=2), st.none()), max_size=2),
        "env": st.lists(
            st.fixed_dictionaries({"name": st.just("E")}, optional={"value": st.text("v", max_size=1)})
        ),
        "tty": st.booleans(),
        "typo": st.integers(0, 3),
        "resources": st.fixed_dictionaries(
            {},
            optional={
                "limits": st.dictionaries(st.just("cpu"), st.sampled_from(["1.0", "0.5", 1, 0.25, "100m"]))
            },
        ),
    },
)


@settings(max_examples=500, deadline=None)
@given(st.lists(_CONTAINERS, max_size=3))
def test_what_is_normal_stays_so(containers: list[dict[str, Any]]) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}

    normal = normalise(pod)

    assert normalise(normal) == normal
    assert unknown_fields(normal) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"), ("-0", "0"), ("1", "1"), ("1.0", "1"), ("0.01", "10m"), (".5", "500m"),
        ("1000", "1k"),
        ("1500", "1500"), ("2000m", "2"), ("1024Mi", "1Gi"), ("0.0625Gi", "64Mi"), ("0.5Gi", "512Mi"),
        ("1000Ki", "1000Ki"), ("1.5Ki", "1536"), ("0.5Ki", "512"), ("1e3", "1e3"), ("1E", "1E"),
        ("12e6", "12e6"),
        ("1.5e3", "1500"), ("-1.5", "-1500m"), ("+1", "1"), ("1n", "1n"), ("0.1n", "1n"),
        ("134217728", "134217728"),
        ("1.", "1"), ("3Ei", "3Ei"),
    ],
)  # fmt: skip
def test_a_quantity_is_written_as_kubernetes_writes_it(text: str, shown: str) -> None:
    assert canonical(text) == shown


@pytest.mark.parametrize("text", ["", "one", "1 Gi", "1GiB", "--1", "1e", "Ki", "0x1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        canonical(text)


def test_a_typing_error_is_found_wherever_it_is() -> None:
    container = {"name": "c", "imagee": "i", "env": [{"name": "A", "vlaue": "1"}]}
    spec = {"replicsa": 1, "template": {"spec": {"containers": [container]}}}

    assert unknown_fields({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": spec}) == [
        "spec.replicsa",
        "spec.template.spec.containers[0].imagee",
        "spec.template.spec.containers[0].env[0].vlaue",
    ]


def test_a_name_without_a_seed_is_random() -> None:
    obj: dict[str, Any] = {"metadata": {}}
    names = {naming.named(obj, None, "base", b"", Autonaming())["metadata"]["name"] for _ in range(20)}

    assert len(names) == 20


def test_all_that_a_secret_holds_is_secret() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "data": {"a": "eA=="},
        "stringData": {"b": "x"},
        "type": "Opaque",
    }

    concealed = conceal_object(secret, {})

    assert (concealed["data"], concealed["stringData"]) == (Secret({"a": "eA=="}), Secret({"b": "x"}))
    assert concealed["type"] == "Opaque"


def test_an_import_takes_what_the_server_did_not_add() -> None:
    live = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": {"k": "v"},
        "status": {},
        "metadata": {
            "name": "m",
            "uid": "1",
            "resourceVersion": "2",
            "managedFields": [],
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
            "labels": {"a": "b"},
        },
    }

    assert inputs_imported(live) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "data": {"k": "v"},
        "metadata": {"name": "m", "labels": {"a": "b"}},
    }


def _entry(manager: str, operation: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def _managed(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"managedFields": list(entries)},
        "spec": {"replicas": 5, "items": [{"name": "a", "v": 1}]},
    }


def test_entries_of_the_same_user_are_folded_and_others_kept() -> None:
    folded = ssa.folded(
        _managed(
            _entry("pulumi-kubernetes", "Update", {"f:a": {}}),
            _entry("kubectl-patch", "Update", {"f:b": {"f:c": {}}}),
            _entry("kubectl", "Update", {"f:scale": {}}, subresource="scale"),
            _entry("controller", "Update", {"f:status": {}}),
            _entry("me", "Apply", {"f:b": {"f:d": {}}}),
        ),
        "me",
    )

    assert folded == [
        _entry("me", "Apply", {"f:b": {"f:d": {}, "f:c": {}}, "f:a": {}}),
        _entry("kubectl", "Update", {"f:scale": {}}, subresource="scale"),
        _entry("controller", "Update", {"f:status": {}}),
    ]


def test_nothing_to_fold_is_told() -> None:
    assert ssa.folded(_managed(_entry("me", "Apply", {"f:a": {}})), "me") is None


def test_an_ignored_field_of_ours_keeps_its_live_value() -> None:
    live = _managed(_entry("me", "Apply", {"f:spec": {"f:replicas": {}}}))

    kept = ssa.keep_ignored({"spec": {"replicas": 1}}, live, ["spec.replicas"], "me")

    assert kept == {"spec": {"replicas": 5}}


def test_an_ignored_field_of_another_manager_is_left_to_it() -> None:
    live = _managed(_entry("autoscaler", "Update", {"f:spec": {"f:replicas": {}}}, subresource="scale"))

    kept = ssa.keep_ignored({"spec": {"replicas": 1, "x": 2}}, live, ["spec.replicas"], "me")

    assert kept == {"spec": {"x": 2}}


def test_an_ignored_field_of_every_item_is_found_by_its_key() -> None:
    item: dict[str, Any] = {'k:{"name":"a"}': {"f:v": {}}}
    live = _managed(_entry("other", "Apply", {"f:spec": {"f:items": item}}))
    news = {"spec": {"items": [{"name": "a", "v": 9}, {"name": "b", "v": 9}]}}

    kept = ssa.keep_ignored(news, live, ["spec.items[*].v"], "me")

    assert kept == {"spec": {"items": [{"name": "a"}, {"name": "b"}]}}
