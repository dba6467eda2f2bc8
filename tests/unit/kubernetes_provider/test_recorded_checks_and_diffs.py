"""Every recorded Check, Diff, CheckConfig, DiffConfig and decode of the official provider, asked again of
ours.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.unit.kubernetes_provider.apidouble import ApiDouble
from tests.unit.kubernetes_provider.conftest import configure
from tests.unit.kubernetes_provider.recorded import Case, ask, load

_CASES = {f"{folder}/{case.name}": case for folder in ("check", "diff") for case in load(folder)}

DIFFERENCES = {
    "check/config-render-yaml-and-kubeconfig": "rendering to a directory is refused by name (R5)",
    "check/config-render-yaml-and-ssa-off": "rendering and client-side apply are refused by name (R5)",
    "check/ssa-disabled-generate-name": "client-side apply is not there, so generateName is refused (R5)",
    "check/list-v1-refused": "a List is refused in preview; the official one fails when it creates it",
    "check/namespace-unknown": "an unknown namespace stays unknown; the official one takes the default's",
}
"""Where ours answers otherwise on purpose, and why; each has a test of its own below."""


def _comparable(answer: dict[str, Any]) -> Any:
    ordered = {key: sorted(item) if key in ("replaces", "diffs") else item for key, item in answer.items()}
    return json.loads(re.sub(r'-[0-9a-f]{8}"', '-########"', json.dumps(ordered)))


def _ask(case: Case) -> dict[str, Any]:
    unreachable = ApiDouble.kubeconfig_of("http://127.0.0.1:1")
    return ask(configure(unreachable, case.config), case.rpc, case.request)


@pytest.mark.parametrize("name", sorted(set(_CASES) - set(DIFFERENCES)))
def test_the_answer_is_the_official_one(name: str) -> None:
    case = _CASES[name]

    assert _comparable(_ask(case)) == _comparable(case.response)


def test_the_recordings_are_all_there() -> None:
    assert len(_CASES) >= 261


def test_rendering_to_a_directory_is_refused_by_name() -> None:
    failures = _ask(_CASES["check/config-render-yaml-and-kubeconfig"])["failures"]

    assert failures == [
        {
            "property": "renderYamlToDirectory",
            "reason": "rendering YAML to a directory is not supported by this stand-in for the official "
            "Kubernetes "
            "plugin; use `pulumi preview --json`, or install the official plugin",
        }
    ]


def test_client_side_apply_is_refused_by_name() -> None:
    failures = _ask(_CASES["check/config-render-yaml-and-ssa-off"])["failures"]

    assert failures[1] == {
        "property": "enableServerSideApply",
        "reason": "client-side apply is not supported by this stand-in for the official Kubernetes plugin; "
        "remove enableServerSideApply, or install the official plugin",
    }


def test_generate_name_is_refused_whatever_the_settings_say() -> None:
    error = _ask(_CASES["check/ssa-disabled-generate-name"])["error"]

    assert error["message"] == "the `.metadata.generateName` field is not supported in Server-Side Apply mode"


def test_a_list_is_refused_in_preview() -> None:
    error = _ask(_CASES["check/list-v1-refused"])["error"]

    assert error["message"] == (
        "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be "
        "created directly. "
        "Use the underlying resource type instead"
    )


def test_an_unknown_namespace_stays_unknown() -> None:
    inputs = _ask(_CASES["check/namespace-unknown"])["inputs"]

    assert inputs["metadata"] == {"name": "a", "namespace": {"$unknown": True}}


def test_the_same_seed_makes_the_same_name() -> None:
    names = {_ask(_CASES["check/autoname"])["inputs"]["metadata"]["name"] for _ in range(3)}

    assert len(names) == 1
