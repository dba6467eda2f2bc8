from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from components.catalog.component import Chart, Component, Files, Kustomize
from components.catalog.entries import COMPONENTS, istio
from components.catalog.modules import KSERVE, GoModule
from components.catalog.render import Renderer, cache_key
from components.catalog.sources import RenderTools
from components.errors import PlatformError

_CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec: {group: example.org}
"""
_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: front}
status: {loadBalancer: {}}
"""


def _component(*sources: Files | Kustomize | Chart, module: GoModule = KSERVE) -> Component:
    return Component("thing", "0.20.0", module, "space", sources)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "crd.yaml").write_text(_CRD)
    (folder / "config" / "service.yaml").write_text(_SERVICE)
    (folder / "chart" / "templates").mkdir(parents=True)
    (folder / "chart" / "Chart.template.yaml").write_text("name: x\nversion: v0.1.0\nappVersion: v0.1.0\n")
    (folder / "crds").mkdir()
    (folder / "crds" / "crd-a.yaml").write_text(_CRD)
    return folder


def _program(path: Path, script: str) -> Path:
    """A double of a rendering tool: a shell script."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(module: Path, tmp_path: Path) -> RenderTools:
    kubectl = _program(tmp_path / "kubectl", 'test "$1" = kustomize && cat "$2"/*.yaml')
    helm = _program(
        tmp_path / "helm",
        'cat "$3/Chart.yaml" >&2; '
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: seen}\\ndata:\\n  arguments: \"%s\"\\n'"
        ' "$1 $2 $4 $6 $7 $8 $9 $(grep -c v0.20.0 "$3/Chart.yaml") $(ls "$3/templates")"',
    )
    return RenderTools(lambda _: module, kubectl, helm)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def _unavailable() -> RenderTools:
    raise PlatformError.single("no tools here")


def test_crds_stand_apart_in_a_file_with_its_digest(tools: RenderTools, root: Path) -> None:
    rendered = Renderer(root, tools).render(_component(Files(("config",))))

    assert rendered.crds is not None
    content = (root / rendered.crds.path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == rendered.crds.sha256
    assert rendered.crds.names == ("things.example.org",)
    assert [item["metadata"]["name"] for item in json.loads(content)["items"]] == ["things.example.org"]
    assert rendered.objects == (
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front", "namespace": "space"}},
    )


def test_a_component_without_crds_has_no_crd_file(tools: RenderTools, root: Path) -> None:
    assert Renderer(root, tools).render(_component(Files(("config/service.yaml",)))).crds is None


def test_a_kustomization_is_rendered_by_kubectl(tools: RenderTools, root: Path) -> None:
    rendered = Renderer(root, tools).render(_component(Kustomize("crds")))

    assert rendered.crds is not None
    assert rendered.objects == ()


def test_a_chart_gets_its_version_and_its_last_templates_before_helm_sees_it(
    tools: RenderTools, root: Path, module: Path
) -> None:
    rendered = Renderer(root, tools).render(_component(Chart("chart", "rel", templates=("crds",))))

    (seen,) = rendered.objects
    assert (
        seen["data"]["arguments"]
        == "template rel --values --include-crds --namespace space --kube-version 2 crd-a.yaml"
    )
    assert not (module / "chart" / "Chart.yaml").exists()


def test_what_is_rendered_already_needs_no_tool(tools: RenderTools, root: Path) -> None:
    component = _component(Files(("config",)))
    first = Renderer(root, tools).render(component)

    assert Renderer(root, _unavailable).render(component) == first


def test_without_an_entry_the_reason_for_having_no_tools_is_told(root: Path) -> None:
    with pytest.raises(PlatformError, match=r"^no tools here$"):
        Renderer(root, _unavailable).render(_component(Files(("config",))))


def test_the_same_component_gives_the_same_bytes(tools: RenderTools, tmp_path: Path) -> None:
    component = _component(Files(("config",)), Kustomize("crds"))
    trees = []
    for name in ("one", "two"):
        Renderer(tmp_path / name, tools).render(component)
        trees.append(
            {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.json")}
        )

    assert trees[0] == trees[1]
    assert len(trees[0]) == 3


def test_nothing_is_left_beside_a_finished_entry(tools: RenderTools, root: Path) -> None:
    component = _component(Files(("config",)))
    Renderer(root, tools).render(component)

    assert [entry.name for entry in (root / "rendered").iterdir()] == [cache_key(component)]


def test_two_producers_of_one_entry_both_get_it(tools: RenderTools, root: Path) -> None:
    component = _component(Kustomize("crds"))
    meeting = threading.Barrier(2)
    results = []

    def produce() -> None:
        meeting.wait(timeout=10)
        results.append(Renderer(root, tools).render(component))

    threads = [threading.Thread(target=produce) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(results) == 2
    assert results[0] == results[1]


def test_several_components_are_given_by_name_and_tools_are_asked_for_once(
    tools: RenderTools, root: Path
) -> None:
    asked = []

    def provide() -> RenderTools:
        asked.append(1)
        return tools

    crds = replace(_component(Files(("config/crd.yaml",))), name="crds")
    service = replace(_component(Files(("config/service.yaml",))), name="service")

    rendered = Renderer(root, provide).render_all([crds, service])

    assert list(rendered) == ["crds", "service"]
    assert asked == [1]


def test_a_file_that_the_module_lacks_is_named(tools: RenderTools, root: Path, module: Path) -> None:
    with pytest.raises(PlatformError) as refused:
        Renderer(root, tools).render(_component(Files(("config/none.yaml",))))

    assert str(refused.value) == (
        "cannot read a manifest of thing\n"
        f"  seen: {module}/config/none.yaml\n"
        "  why:  github.com/kserve/kserve@v0.20.0 does not hold it: No such file or directory\n"
        "  do:   correct the component's entry in components/catalog/entries.py"
    )


def test_a_tools_refusal_is_told_in_its_own_words(tools: RenderTools, root: Path, tmp_path: Path) -> None:
    broken = replace(tools, kubectl=_program(tmp_path / "broken", "echo 'no such field' >&2; exit 3"))

    with pytest.raises(PlatformError) as refused:
        Renderer(root, broken).render(_component(Kustomize("crds")))

    assert str(refused.value) == (
        "cannot render thing\n"
        "  why:  broken: no such field\n"
        "  do:   see components/catalog/entries.py and github.com/kserve/kserve@v0.20.0"
    )


def test_a_tool_that_is_not_there_is_named(tools: RenderTools, root: Path) -> None:
    with pytest.raises(PlatformError) as refused:
        Renderer(root, replace(tools, kubectl=Path("/none/kubectl"))).render(_component(Kustomize("crds")))

    assert str(refused.value) == (
        "cannot render thing\n"
        "  why:  kubectl is not at /none/kubectl\n"
        "  do:   run `make up`, which provides the tools"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, manifests=(Files(("config/service.yaml",)),)),
        lambda c: replace(c, module=replace(c.module, sum="h1:other")),
        lambda c: replace(c, namespace="elsewhere"),
        lambda c: replace(c, manifests=(Kustomize("config"),)),
    ],
)
def test_whatever_changes_the_objects_changes_the_entry(change: Callable[[Component], Component]) -> None:
    component = _component(Files(("config",)))

    assert cache_key(change(component)) != cache_key(component)


def test_every_component_of_the_table_has_an_entry_of_its_own() -> None:
    keys = [cache_key(component) for component in (*COMPONENTS, istio(plain_envoy=True))]

    assert len(set(keys)) == len(keys)
    assert all(key.startswith(f"{c.name}-{c.version}-") for key, c in zip(keys, COMPONENTS, strict=False))
