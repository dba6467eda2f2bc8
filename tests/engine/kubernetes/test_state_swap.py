"""Stacks that the official provider made, continued by ours: no change, refreshed, no change, taken down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.kubernetes.conftest import Stack, make_stack
from tests.unit.kubernetes_provider.apidouble import ApiDouble
from tests.unit.kubernetes_provider.recorded import FIXTURES
from tests.unit.kubernetes_provider.replay import live_of

pytestmark = pytest.mark.engine

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_RECIPES = ("recipes", "Recipe", True)


def revealed(value: Any) -> Any:
    """The values of an exported state with `--show-secrets`, without the marks of secrecy."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return json.loads(value["plaintext"])
        return {key: revealed(item) for key, item in value.items()}
    return [revealed(item) for item in value] if isinstance(value, list) else value


def _fill(api: ApiDouble, resources: list[dict[str, Any]]) -> None:
    """Put the objects into the double as the state has them."""
    api.kinds["swap.example.com/v1"] = [_RECIPES]
    for resource in resources:
        if resource["type"].startswith("kubernetes:"):
            live = live_of(revealed(resource["outputs"]))
            if live["kind"] == "CustomResourceDefinition":  # recorded a moment too early to have its status
                live["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
            api.put(_path(api, live), live)


def _path(api: ApiDouble, live: dict[str, Any]) -> str:
    version = live["apiVersion"]
    plural, _, namespaced = next(entry for entry in api.kinds[version] if entry[1] == live["kind"])
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    middle = f"/namespaces/{live['metadata']['namespace']}" if namespaced else ""
    return f"{root}{middle}/{plural}/{live['metadata']['name']}"


def _adopt(tmp_path: Path, search_path: str, api: ApiDouble, name: str) -> Stack:
    stack = make_stack(tmp_path, search_path, api.kubeconfig(), name, project="state-swap")
    (stack.folder / "__main__.py").write_text((FIXTURES / "state" / "program" / "__main__.py").read_text())
    recorded = (
        (FIXTURES / "state" / f"{name}.json")
        .read_text()
        .replace("@KUBECONFIG@", stack.variables["KUBECONFIG"])
    )
    (stack.folder / "state.json").write_text(recorded)
    imported = stack.pulumi("stack", "import", "--file", "state.json")
    assert imported.status == 0, imported.output
    _fill(api, json.loads(recorded)["deployment"]["resources"])
    return stack


@pytest.mark.parametrize(("name", "resources"), [("twelve", 13), ("await", 11)])
def test_a_stack_of_the_official_provider_is_continued(
    name: str, resources: int, tmp_path: Path, search_path: str, api: ApiDouble
) -> None:
    stack = _adopt(tmp_path, search_path, api, name)

    before = stack.pulumi("preview", "--expect-no-changes")
    refreshed = stack.pulumi("refresh", "--yes", "--skip-preview")
    after = stack.pulumi("preview", "--expect-no-changes")
    destroyed = stack.pulumi("destroy", "--yes", "--skip-preview")

    assert before.status == 0, before.output
    assert refreshed.counts() == {"unchanged": resources}, refreshed.output
    assert after.status == 0, after.output
    assert destroyed.counts() == {"deleted": resources}, destroyed.output
    assert [path for path in api.objects if "root-ca" not in path] == []
