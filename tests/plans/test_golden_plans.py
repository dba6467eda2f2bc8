"""The whole program on the double of the engine, for every stack file, against its golden plan.

`pytest tests/plans --update-golden` writes the plans anew; the diff is for review.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pulumi
import pytest

from components.catalog import fleet
from components.catalog.images import EXAMPLE_LOADED
from components.catalog.selection import components_of
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer
from tests.components.mocks import STACK_TYPE, Recorder
from tests.plans.plan import plan_of
from tests.unit.settings.handed_over import handed_over

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
UNBUILT = {"minikube"}
STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))
# The local stack comes twice: with images of registries, and with those that were built here.
PLANS = ["local-built", *(stack for stack in STACKS if stack not in UNBUILT)]

PARTS = ["eks-prod-infra", "eks-prod-platform", "eks-prod-services"]

# Rendering the manifests takes kubectl and helm, once; they are kept in the cache.
pytestmark = pytest.mark.build

Run = Callable[..., Recorder]
_PLATFORM = "kserve-platform:platform"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs `__main__.py` for a plan's stack file, once for each: a finished recorder is only looked at."""
    warm = Cache.default()
    for built in (True, False):
        renderer(warm, Silent()).render_all(components_of("gateway-api", built=built))
    renderer(warm, Silent()).render_all(fleet.COMPONENTS)
    home = tmp_path_factory.mktemp("home")
    machine_of_plans(home, warm)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("HOME", str(home))

        @cache
        def whole(plan: str, *, preview: bool = False, encrypted: bool = False) -> Recorder:
            stack = plan.removesuffix("-built")
            patch.setenv("KSERVE_PLATFORM_CACHE", str(home / ("built" if plan != stack else "pulled")))
            config = handed_over(ROOT / "stacks" / f"Pulumi.{stack}.yaml")
            if encrypted:
                platform = json.loads(config.get(_PLATFORM, "{}"))
                config = {**config, _PLATFORM: json.dumps({**platform, "tls": {}})}
            recorder = Recorder(stack=stack, preview=preview, config=config)
            recorder.run(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"))
            return recorder

        yield whole


def machine_of_plans(home: Path, warm: Cache) -> None:
    """A home with a kubeconfig, and two caches: in one all images were built, in one the example's only."""
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text("a kubeconfig of somebody's cluster")
    for name in ("pulled", "built"):
        (home / name).mkdir()
        (home / name / "rendered").symlink_to(warm.folder("rendered"))
    example = {image.reference: f"sha256:{'e' * 64}" for image in EXAMPLE_LOADED}
    rows = {
        "built": {"nodeImage": "docker.io/kindest/node:v1.34.4", "imageStore": "key-of-a-store"},
        "pulled": {"loadedImages": example},
    }
    for name, row in rows.items():
        prepared = home / name / "state" / "images"
        prepared.mkdir(parents=True)
        source = "build" if name == "built" else "pull"
        (prepared / "local.json").write_text(json.dumps({"source": source, **row}))


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
        recorder.run(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"))

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
