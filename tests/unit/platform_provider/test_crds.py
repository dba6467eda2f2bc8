"""CRD sets: applied, read back by hash, kept unless told otherwise."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.errors import PlatformError
from providers.platform.crds import CrdSet, managed_hash
from providers.platform.fields import InputsRefused
from providers.platform.gate.served import served_checks
from tests.unit.platform_provider.doubles import ApiDouble, call


def _crd(name: str, **spec: Any) -> dict[str, Any]:
    plural, _, group = name.partition(".")
    served = [{"name": "v1", "served": True}, {"name": "v0", "served": False}]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "labels": {"app": "x"}},
        "spec": {"group": group, "names": {"plural": plural}, "versions": served, **spec},
    }


def _inputs(root: Path, *crds: dict[str, Any], **more: Any) -> dict[str, Any]:
    file = root / "rendered" / "k" / "crds.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(crds)}))
    return CrdSet().check(
        {
            "component": "example",
            "version": "v1",
            "path": "rendered/k/crds.json",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "names": [crd["metadata"]["name"] for crd in crds],
            **more,
        }
    )


def test_every_crd_is_applied_and_established(tmp_path: Path) -> None:
    api = ApiDouble()
    identity, outputs = CrdSet().create(call(api, tmp_path), _inputs(tmp_path, _crd("b"), _crd("a")))
    assert identity == "example"
    assert outputs["established"] == ["a", "b"]
    assert {name for _, _, name in api.objects} == {"a", "b"}


def test_a_kind_that_is_never_served_is_told_with_what_its_crd_says(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("gates.x.example"), _crd("doors.x.example"))
    api.unserved = {"gates"}

    def refused_names() -> None:
        if live := api.objects.get(("CustomResourceDefinition", "", "gates.x.example")):
            conflict = {"reason": "ShortNamesConflict", "message": '"gt" is already in use'}
            live["status"] = {"conditions": [{"type": "NamesAccepted", "status": "False", **conflict}]}

    api.on_look = refused_names
    with pytest.raises(PlatformError) as refused:
        CrdSet().create(replace(call(api, tmp_path), seconds=0.2), inputs)
    assert str(refused.value) == (
        "The kinds of example v1 were not served within 0 s\n"
        "  why:  x.example/v1 served: not yet gates\n"
        '  gates.x.example: ShortNamesConflict: "gt" is already in use'
    )


def test_a_kind_whose_crd_is_being_deleted_is_not_served(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("gates.x.example"))
    api.unserved = {"gates"}

    def departing() -> None:
        if live := api.objects.get(("CustomResourceDefinition", "", "gates.x.example")):
            live["metadata"] = {**live["metadata"], "deletionTimestamp": "2026-11-21T20:00:00Z"}

    api.on_look = departing
    with pytest.raises(PlatformError, match="it is being deleted, since 2026-11-21T20:00:00Z"):
        CrdSet().create(replace(call(api, tmp_path), seconds=0.01), inputs)


def test_a_version_that_an_update_adds_is_waited_for(tmp_path: Path) -> None:
    api, old = ApiDouble(), _crd("gates.x.example")
    versions = [*old["spec"]["versions"], {"name": "v2", "served": True}]
    new = {**old, "spec": {**old["spec"], "versions": versions}}
    assert [check.title for check in served_checks([new])] == ["x.example/v1 served", "x.example/v2 served"]
    api.apply(old, manager="m")
    assert [check.problem(api) for check in served_checks([new])] == ["", "not yet gates"]  # type: ignore[arg-type]
    api.apply(new, manager="m")
    assert [check.problem(api) for check in served_checks([new])] == ["", ""]  # type: ignore[arg-type]


def test_what_is_as_it_was_made_is_no_drift(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("a"))
    _, outputs = CrdSet().create(call(api, tmp_path), inputs)
    found = CrdSet().read(call(api), "example", inputs, outputs)
    assert found is not None
    assert (found.inputs, found.outputs) == (inputs, outputs)


def test_a_changed_crd_is_drift_that_the_next_update_mends(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("a"))
    one = call(api, tmp_path)
    _, outputs = CrdSet().create(one, inputs)
    api.objects["CustomResourceDefinition", "", "a"]["spec"] = {"group": "y.example"}
    found = CrdSet().read(one, "example", inputs, outputs)
    assert found is not None
    assert CrdSet().diff(one, "example", found.inputs, inputs).changed == ("sha256",)
    assert CrdSet().update(one, "example", found.inputs, inputs, found.outputs)["hashes"] == outputs["hashes"]


def test_a_removed_crd_is_drift_and_all_of_them_removed_is_gone(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("a"), _crd("b"))
    _, outputs = CrdSet().create(call(api, tmp_path), inputs)
    del api.objects["CustomResourceDefinition", "", "a"]
    found = CrdSet().read(call(api), "example", inputs, outputs)
    assert found is not None
    assert found.outputs["established"] == ["b"]
    del api.objects["CustomResourceDefinition", "", "b"]
    assert CrdSet().read(call(api), "example", inputs, outputs) is None


def test_a_ca_bundle_that_a_controller_fills_in_is_not_drift() -> None:
    def converting(**client: str) -> dict[str, Any]:
        webhook = {"clientConfig": {"service": {"name": "w"}, **client}}
        return _crd("a", conversion={"strategy": "Webhook", "webhook": webhook})

    assert managed_hash(converting()) == managed_hash(converting(caBundle="LS0="))
    assert managed_hash(converting()) != managed_hash(_crd("a"))


def test_where_the_file_lies_is_no_change(tmp_path: Path) -> None:
    inputs = _inputs(tmp_path, _crd("a"))
    moved = {**inputs, "path": "rendered/other/crds.json"}
    assert CrdSet().diff(call(ApiDouble()), "example", inputs, moved).changed == ()


def test_crds_stay_when_the_set_is_deleted(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("a"))
    CrdSet().delete(call(api), "example", inputs, {})
    assert api.deleted == []


def test_crds_go_when_that_is_asked_for(tmp_path: Path) -> None:
    api, inputs = ApiDouble(), _inputs(tmp_path, _crd("a"), keepOnDelete=False)
    CrdSet().delete(call(api), "example", inputs, {})
    assert api.deleted == ["a"]


def test_a_crd_that_a_new_version_drops_goes_only_when_that_is_asked_for(tmp_path: Path) -> None:
    for keep, gone in ((True, []), (False, ["b"])):
        api = ApiDouble()
        old = _inputs(tmp_path, _crd("a"), _crd("b"), keepOnDelete=keep)
        new = _inputs(tmp_path, _crd("a"), keepOnDelete=keep)
        CrdSet().update(call(api, tmp_path), "example", old, new, {})
        assert api.deleted == gone


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    inputs = _inputs(tmp_path, _crd("a"))
    file = tmp_path / "rendered" / "k" / "crds.json"
    file.unlink()
    with pytest.raises(PlatformError) as refused:
        CrdSet().create(call(ApiDouble(), tmp_path), inputs)
    assert str(refused.value) == (
        "The rendered CRDs of example are gone\n"
        f"  seen: {file}\n"
        "  why:  The cache was cleaned since the program read them.\n"
        "  do:   Run the command again: it renders them anew."
    )


def test_a_file_that_was_changed_is_told(tmp_path: Path) -> None:
    inputs = _inputs(tmp_path, _crd("a"))
    file = tmp_path / "rendered" / "k" / "crds.json"
    file.write_text("{}")
    with pytest.raises(PlatformError) as refused:
        CrdSet().create(call(ApiDouble(), tmp_path), inputs)
    assert str(refused.value) == (
        "The rendered CRDs of example were changed\n"
        f"  seen: {file}\n"
        "  why:  Their digest is not the one in the program's plan.\n"
        "  do:   Remove the file's folder and run the command again: it renders them anew."
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"path": "../x"}, ("path", "must stay below the cache")),
        ({"path": "/etc/passwd"}, ("path", 'must be a path below the cache, is "/etc/passwd"')),
        ({"sha256": "x"}, ("sha256", 'must be 64 hexadecimal digits, is "x"')),
        ({"names": []}, ("names", "must name at least one CRD")),
        ({"keepOnDelete": 1}, ("keepOnDelete", "must be true or false, is 1")),
    ],
)
def test_each_mistake_is_told_exactly(tmp_path: Path, changed: dict[str, Any], told: tuple[str, str]) -> None:
    inputs = _inputs(tmp_path, _crd("a"))
    with pytest.raises(InputsRefused) as refused:
        CrdSet().check({**inputs, **changed})
    assert [(each.property, each.reason) for each in refused.value.refusals] == [told]
