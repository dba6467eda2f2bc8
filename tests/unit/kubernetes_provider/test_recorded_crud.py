"""Every recorded Create, Read, Update and Delete, asked again of ours against a double of the API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kubernetes_provider.apidouble import ApiDouble
from tests.unit.kubernetes_provider.conftest import Configure
from tests.unit.kubernetes_provider.recorded import Case, ask, load
from tests.unit.kubernetes_provider.replay import blur, script
from tests.unit.kubernetes_provider.states import PODS

_CASES = {case.name: case for case in load("crud")}
_ELSEWHERE = {"configure", "plugin-info", "configmappatch.d-live-after-delete"}
DIFFERENCES = {
    "crd.2-create": "ours waits until the CRD is established, so the state has its status (R9)",
    "crd.6-update-preview": "the official inputs take up the live resourceVersion; ours do not",
    "crd.7-update": "its status is waited for, and its inputs are the program's (R9)",
    "configmap.9b-update-preview-after-drift": "what an update folds is no conflict in preview (S8)",
    "custom-resource.9b-update-preview-after-drift": "what an update folds is no conflict in preview (S8)",
    "secret.9b-update-preview-after-drift": "what an update folds is no conflict in preview (S8)",
}
"""Where ours answers otherwise on purpose, and why; each has a test of its own below."""


def _ask(configured: Configure, api: ApiDouble, case: Case) -> dict[str, Any]:
    script(api, case, PODS.get(f"crud/{case.name}", []))
    answer = blur(ask(configured(case.config), case.rpc, case.request), case.volatile)
    for ours_alone in ("refresh_before_update",):
        answer.pop(ours_alone, None)
    if case.rpc == "Read" and "inputs" not in case.response and not case.error:
        answer.pop("inputs")
        answer["properties"].pop("__inputs")
    return answer


@pytest.mark.parametrize("name", sorted(set(_CASES) - set(DIFFERENCES) - _ELSEWHERE))
def test_the_answer_is_the_official_one(name: str, configured: Configure, api: ApiDouble) -> None:
    case = _CASES[name]

    assert _ask(configured, api, case) == blur(case.response, case.volatile)


def test_the_recordings_are_all_there() -> None:
    assert len(_CASES) >= 208


def test_configure_promises_what_the_official_provider_does(configured: Configure) -> None:
    case = _CASES["configure"]

    answer = ask(configured(), "Configure", case.request)

    assert {key: answer[key] for key in case.response} == case.response


def test_the_plugin_has_the_version_of_the_sdk(configured: Configure) -> None:
    assert ask(configured(), "GetPluginInfo", {}) == {"version": "4.34.2"}


def test_a_crd_is_awaited_and_its_status_kept(configured: Configure, api: ApiDouble) -> None:
    case = _CASES["crd.2-create"]
    answer = _ask(configured, api, case)

    assert answer["properties"].pop("status") == {"conditions": [{"type": "Established", "status": "True"}]}
    expected = blur(case.response, case.volatile)
    expected["properties"].pop("status")
    assert answer == expected


@pytest.mark.parametrize("name", ["crd.6-update-preview", "crd.7-update"])
def test_the_inputs_of_an_updated_crd_are_those_of_the_program(
    name: str, configured: Configure, api: ApiDouble
) -> None:
    case = _CASES[name]
    answer, expected = _ask(configured, api, case), blur(case.response, case.volatile)

    assert expected["properties"]["__inputs"]["metadata"].pop("resourceVersion") == "~"
    for one in (answer, expected):
        one["properties"].pop("status")
    assert answer == expected


@pytest.mark.parametrize("name", sorted(name for name in DIFFERENCES if "9b" in name))
def test_a_preview_after_a_kubectl_patch_passes_as_the_update_will(
    name: str, configured: Configure, api: ApiDouble
) -> None:
    answer = _ask(configured, api, _CASES[name])

    assert "error" not in answer
    assert [call.query["force"] for call in api.calls if call.method == "PATCH"] == ["false", "true"]


def test_a_patch_gives_its_fields_back_and_the_object_stays(configured: Configure, api: ApiDouble) -> None:
    provider = configured()
    path = "/api/v1/namespaces/fx-crud/configmaps/patched"
    api.put(path, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"own": "1"}, "metadata": {
        "name": "patched", "namespace": "fx-crud",
        "managedFields": [
            {"manager": "kubectl-create", "operation": "Update", "fieldsV1": {"f:data": {"f:own": {}}}},
        ],
    }})  # fmt: skip
    create = _CASES["configmappatch.2-create"].request
    made = ask(provider, "Create", create)
    assert api.objects[path]["data"] == {"own": "1", "mine": "2"}

    ask(provider, "Delete", {"urn": create["urn"], "id": made["id"], "properties": made["properties"]})

    left, expected = api.objects[path], _CASES["configmappatch.d-live-after-delete"].response
    assert left["data"] == expected["data"]
    assert not left["metadata"].get("labels")
    assert [entry["manager"] for entry in left["metadata"]["managedFields"]] == ["kubectl-create"]
