"""Building: programs of a module together, each layer once, what failed does not undo what did not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.cache import Cache
from machine.images import layers, tree
from machine.images.build import build_plans, find_images
from machine.images.oci import Run
from machine.images.plan import ImagePlan, LayerPlan, Made
from machine.images.programs import program_layer
from machine.images.targets import Target
from machine.images.workshop import Workshop, open_workshop, unpack_layer
from tests.unit.images.doubles import MODULE, GoBuilderDouble, RecordingReporter, supplies


def target(package: str) -> Target:
    return Target(MODULE, package)


def image(name: str) -> ImagePlan:
    layer = program_layer({f"/bin/{name}": target(f"cmd/{name}")})
    return ImagePlan(f"example.com/{name}:v1", (layer,), Run((f"/bin/{name}",)))


@pytest.fixture
def go(tmp_path: Path) -> GoBuilderDouble:
    return GoBuilderDouble(tmp_path)


@pytest.fixture
def workshop(cache: Cache, go: GoBuilderDouble) -> Iterator[Workshop]:
    with open_workshop(cache, supplies(go), RecordingReporter()) as made:
        yield made


def test_programs_of_one_module_are_compiled_in_one_go(cache: Cache, go: GoBuilderDouble) -> None:
    built = build_plans([image("a"), image("b")], cache, supplies(go), RecordingReporter())

    assert go.builds == [["cmd/a", "cmd/b"]]
    assert [each.reference for each in built] == ["example.com/a:v1", "example.com/b:v1"]
    assert built[0].origin == ("example.com/tool@v1.2.3",)


def test_images_that_are_there_cost_no_step(cache: Cache, go: GoBuilderDouble) -> None:
    first = build_plans([image("a")], cache, supplies(go), RecordingReporter())
    report = RecordingReporter()

    assert build_plans([image("a")], cache, supplies(go), report) == first
    assert (report.steps, len(go.builds)) == ([], 1)


def test_only_what_is_missing_is_compiled(cache: Cache, go: GoBuilderDouble) -> None:
    build_plans([image("a")], cache, supplies(go), RecordingReporter())
    build_plans([image("a"), image("b")], cache, supplies(go), RecordingReporter())

    assert go.builds == [["cmd/a"], ["cmd/b"]]


def test_programs_are_not_kept_beside_the_layers_that_hold_them(cache: Cache, go: GoBuilderDouble) -> None:
    build_plans([image("a")], cache, supplies(go), RecordingReporter())

    assert not cache.path("images", "programs").exists()


def test_what_was_made_before_a_failure_is_there_the_next_time(cache: Cache, go: GoBuilderDouble) -> None:
    other = LayerPlan("text", "text-key", lambda workshop: Made([tree.file("a", "1")]))
    plans = [ImagePlan("example.com/text:v1", (other,), Run(("/a",))), image("broken")]
    go.broken = {"cmd/broken"}

    with pytest.raises(PlatformError) as caught:
        build_plans(plans, cache, supplies(go), RecordingReporter())

    assert str(caught.value) == "could not build example.com/tool@v1.2.3"
    assert [each.reference for each in find_images(plans, cache)] == ["example.com/text:v1"]
    go.broken = set()
    assert len(build_plans(plans, cache, supplies(go), RecordingReporter())) == 2


def test_looking_for_images_builds_nothing(cache: Cache, go: GoBuilderDouble) -> None:
    assert find_images([image("a")], cache) == []
    assert go.builds == []


def test_a_layer_that_two_images_share_is_made_once(cache: Cache, go: GoBuilderDouble) -> None:
    made: list[int] = []

    def make(workshop: Workshop) -> Made:
        made.append(1)
        return Made([tree.file("shared", "1")])

    shared = LayerPlan("shared", "shared-key", make)
    plans = [ImagePlan(f"example.com/{name}:v1", (shared,), Run(("/a",))) for name in "ab"]
    one, two = build_plans(plans, cache, supplies(go), RecordingReporter())

    assert made == [1]
    assert one.layers == two.layers


def test_a_program_that_is_asked_for_twice_is_built_once(workshop: Workshop, go: GoBuilderDouble) -> None:
    first, second = workshop.program(target("cmd/a")), workshop.program(target("cmd/a"))

    assert first == second
    assert go.builds == [["cmd/a"]]


def test_programs_of_equal_names_in_one_module_do_not_meet(workshop: Workshop) -> None:
    one, two = target("cmd/a/main"), target("cmd/b/main")
    workshop.expect([one, two])

    assert workshop.program(one) != workshop.program(two)
    assert "cmd/b/main" in workshop.program(two).read_text()


def test_a_root_holds_its_layers_one_over_the_other_and_goes_with_the_last_workshop(
    cache: Cache, go: GoBuilderDouble
) -> None:
    lower = LayerPlan("l", "l-key", lambda shop: Made([tree.file("etc/a", "1"), tree.link("etc/b", "a")]))
    upper = LayerPlan("u", "u-key", lambda shop: Made([tree.file("etc/a", "2")]))

    with open_workshop(cache, supplies(go), RecordingReporter()):
        with (
            open_workshop(cache, supplies(go), RecordingReporter()) as first,
            first.root(lower, upper) as root,
        ):
            assert ((root / "etc/a").read_text(), (root / "etc/b").read_text()) == ("2", "2")
        assert root.exists()

    assert not root.exists()


def test_a_layer_may_ask_for_the_layers_below_it(cache: Cache, go: GoBuilderDouble) -> None:
    below = LayerPlan("below", "below-key", lambda shop: Made([tree.file("a", "1")]))

    def make(shop: Workshop) -> Made:
        with shop.root(below) as root:
            return Made([tree.file("b", (root / "a").read_bytes() * 2)])

    above = LayerPlan("above", "above-key", make, seconds=100)
    plan = ImagePlan("example.com/a:v1", (below, above), Run(("/a",)))
    (built,) = build_plans([plan], cache, supplies(go), RecordingReporter())
    folder = cache.folder("unpacked")
    unpack_layer(layers.Layers(cache).blobs.path(built.layers[1]), folder)

    assert (folder / "b").read_text() == "11"
