"""The whole program on the double of the engine, for every stack file, against its golden plan.

`pytest tests/plans --update-golden` writes the plans anew; the diff is for review.
"""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from tests.components.mocks import STACK_TYPE, Recorder
from tests.plans.plan import plan_of
from tests.plans.program import GOLDEN, PARTS, PLANS, UNBUILT, Run, shipped

# Rendering the manifests takes kubectl and helm, once; they are kept in the cache.
pytestmark = pytest.mark.build


@pytest.mark.parametrize("name", PLANS)
def test_the_program_makes_what_the_golden_plan_says(
    name: str, run: Run, golden: Callable[[str, str], str]
) -> None:
    plan = plan_of(run(name))

    assert plan == golden(name, plan)


def test_every_golden_plan_has_its_stack_file() -> None:
    assert sorted(file.stem for file in GOLDEN.glob("*.txt")) == sorted([*PLANS, *PARTS])


@pytest.mark.parametrize("stack", sorted(UNBUILT))
def test_a_stack_that_is_not_built_yet_is_refused_before_anything_is_registered(stack: str, run: Run) -> None:
    provider = stack.partition("-")[0]

    with pytest.raises(pulumi.RunError) as refused:
        run(stack)

    assert str(refused.value).strip() == (
        f"kserve-platform:cluster.provider: {provider} is not built yet: "
        "use kind, eks, or existing for a cluster made elsewhere"
    )


def test_a_bad_stack_file_is_refused_before_anything_is_registered() -> None:
    recorder = Recorder(config={"kserve-platform:cluster": '{"provider": "kind", "image": "pull"}'})

    with pytest.raises(pulumi.RunError) as refused:
        recorder.run(shipped)

    assert str(refused.value).splitlines()[1] == "kserve-platform:cluster.image: is not a known key"
    assert recorder.resources == ()


@pytest.mark.parametrize("name", PLANS)
def test_a_first_preview_shows_every_resource_though_nothing_is_known(name: str, run: Run) -> None:
    whole = {found.urn for found in run(name).resources if not found.read}

    assert {found.urn for found in run(name, preview=True).resources} == whole


@pytest.mark.parametrize("name", PLANS)
def test_every_component_of_the_program_comes_to_its_end(name: str, run: Run) -> None:
    recorder = run(name)
    components = {found.urn for found in recorder.resources if not found.custom}

    assert components <= recorder.finished
    assert any(f"::{STACK_TYPE}::" in urn for urn in recorder.finished)


@pytest.mark.parametrize("name", PLANS)
def test_every_object_goes_to_the_stacks_own_cluster(name: str, run: Run) -> None:
    homeless = [
        f"{found.type} {found.name}"
        for found in run(name).resources
        if found.type.startswith("kubernetes:") and found.provider != "kubernetes"
    ]

    assert homeless == []


def test_nothing_on_a_cluster_of_ours_is_deleted_one_by_one(run: Run) -> None:
    recorder = run("local")
    (cluster,) = recorder.of("KindCluster")
    on_it = [found for found in recorder.resources if found.type.startswith("kubernetes:") and not found.read]

    assert len(on_it) > 100
    assert {found.deleted_with for found in on_it} == {cluster.urn}


def test_objects_on_a_cluster_of_somebody_elses_are_deleted_one_by_one(run: Run) -> None:
    assert {found.deleted_with for found in run("existing").resources} == {""}


@pytest.mark.parametrize("name", PLANS)
def test_the_kubeconfig_is_secret_wherever_it_goes(name: str, run: Run) -> None:
    plan = plan_of(run(name))

    shown = {line.strip() for line in plan.splitlines() if "kubeconfig:" in line}
    assert shown == {"kubeconfig: (secret)"}
    assert "a kubeconfig of" not in plan
