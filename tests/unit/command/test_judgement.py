"""`up` and the policy pack, over doubles of the machine and the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from command.display.board import Board
from command.engine.places import Places
from command.engine.policies import PolicyPack
from command.engine.run import Outcome
from command.engine.store import remove_stack
from command.judgement import plan_of
from command.up import Proof, bring_up
from components.errors import PlatformError
from components.settings.load import load_stack_file
from tests.unit.command import recorded as events
from tests.unit.command.doubles import FakeEngine, FakeMachine, Lines, places_in, with_state

STACK_FILE = "config:\n  kserve-platform:cluster: {provider: kind}\n"
SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
DEPLOYMENT = "kserve-platform:layer:KServe$kubernetes:apps/v1:Deployment"
REFUSED = events.violation(
    "isvc-gpu-tolerates",
    SERVICE,
    "iris",
    "Pods with GPUs go to machines with GPUs\n  at:   spec.predictor.tolerations\n"
    "  why:  the pod would wait for ever\n  do:   tolerate nvidia.com/gpu",
)


def advised(name: str) -> str:
    text = "Images are pinned\n  at:   spec.image\n  seen: a:latest\n  why:  x\n  do:   y"
    return events.violation("image-pinned", DEPLOYMENT, name, text, level="advisory")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = places_in(tmp_path, STACK_FILE)
    with_state(made, {"resources": [{"urn": events.STACK, "type": "pulumi:pulumi:Stack"}]})
    return made


@pytest.fixture
def engine(places: Places) -> FakeEngine:
    pack = PolicyPack(places.cache.path("pack"), places.cache.path("pack/bin/start"))
    return FakeEngine(places, [events.summary(same=148)], pack=pack)


def up(engine: FakeEngine, lines: Lines | None = None) -> Proof:
    settings = load_stack_file(engine.places.stack_file)
    return bring_up(engine.places, settings, Board([lines or Lines()]), FakeMachine(engine))


def test_what_the_policies_refuse_is_told_once_and_nothing_is_made(engine: FakeEngine) -> None:
    engine.previewed = [REFUSED, REFUSED, advised("one")]

    with pytest.raises(PlatformError) as refused:
        up(engine)

    assert engine.operations == ["preview"]
    assert str(refused.value) == (
        "InferenceService iris, spec.predictor.tolerations: "
        "Pods with GPUs go to machines with GPUs (policy isvc-gpu-tolerates)\n"
        "  why:  the pod would wait for ever\n"
        "  do:   tolerate nvidia.com/gpu"
    )


def test_advice_is_one_line_a_rule_and_stops_nothing(engine: FakeEngine) -> None:
    engine.previewed = [advised("one"), advised("two"), advised("two"), advised("three")]
    engine.events = [advised("one"), events.summary(same=148)]
    lines = Lines()

    assert up(engine, lines).status == 0
    assert engine.operations == ["preview", "up"]
    assert [line for line in lines.text.getvalue().splitlines() if line.startswith("policy")] == [
        "policy image-pinned: Images are pinned (Deployment one and 2 more)"
    ]


def test_the_same_plan_is_not_previewed_again_before_it_is_gone_through(engine: FakeEngine) -> None:
    up(engine)
    up(engine)

    assert engine.operations == ["preview", "up", "up"]


def test_what_is_refused_on_the_way_is_told_as_such(engine: FakeEngine) -> None:
    engine.events = [REFUSED]
    engine.outcome = Outcome(1, 1.0, "", False)

    with pytest.raises(PlatformError, match=r"\(policy isvc-gpu-tolerates\)"):
        up(engine)


def test_what_failed_is_told_beside_what_is_refused(engine: FakeEngine) -> None:
    engine.events = [
        events.begun("kserve", DEPLOYMENT, "controller", "create"),
        events.said("error", "no room on any node", events.object_urn("kserve", DEPLOYMENT, "controller")),
        REFUSED,
    ]
    engine.outcome = Outcome(1, 1.0, "", False)
    lines = Lines()

    with pytest.raises(PlatformError, match=r"\(policy isvc-gpu-tolerates\)"):
        up(engine, lines)

    assert "no room on any node" in lines.text.getvalue()


def test_who_stops_it_is_told_so_whatever_is_refused(engine: FakeEngine) -> None:
    engine.pack = None
    engine.events = [REFUSED]
    engine.outcome = Outcome(1, 1.0, "", True)

    assert up(engine).status == 130


def test_advice_that_only_up_can_give_is_told_and_the_rest_not_twice(engine: FakeEngine) -> None:
    engine.previewed = [advised("one")]
    engine.events = [advised("one"), advised("late")]
    lines = Lines()

    assert up(engine, lines).status == 0
    assert [line for line in lines.text.getvalue().splitlines() if line.startswith("policy")] == [
        "policy image-pinned: Images are pinned (Deployment one)",
        "policy image-pinned: Images are pinned (Deployment late)",
    ]


def test_a_failed_preview_stops_what_is_made_elsewhere(places: Places, engine: FakeEngine) -> None:
    places.stack_file.write_text(
        "config:\n  kserve-platform:cluster: {provider: existing, kubeconfig: /none, context: c}\n"
    )
    engine.outcome = Outcome(1, 1.0, "AWS refused the credentials", False)
    machine = FakeMachine(engine, is_here=False)

    ended = bring_up(places, load_stack_file(places.stack_file), Board([]), machine)

    assert ended.status == 1
    assert engine.operations == ["preview"]


def test_a_plan_that_was_not_carried_out_is_judged_again(engine: FakeEngine) -> None:
    engine.outcome = Outcome(1, 1.0, "the program failed", False)
    up(engine)
    engine.outcome = Outcome(0, 1.0, "", False)
    up(engine)

    assert engine.operations == ["preview", "up", "preview", "up"]


@pytest.mark.parametrize(
    "change", ["settings", "program", "images", "variable", "configuration", "stack gone"]
)
def test_a_plan_that_may_be_another_one_is_judged_again(
    engine: FakeEngine, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = engine.places
    configuration = places.cache.path("policies.json")
    monkeypatch.setenv("PULUMI_OPTION_POLICY_PACK_CONFIG", str(configuration))
    up(engine)
    if change == "settings":
        places.stack_file.write_text(f"{STACK_FILE}  kserve-platform:services: {{}}\n")
    elif change == "program":
        (places.checkout / "components").mkdir()
        (places.checkout / "components" / "new.py").write_text("")
    elif change == "images":
        hand_over = places.cache.path("state", "images", "local.json")
        hand_over.parent.mkdir(parents=True)
        hand_over.write_text("{}")
    elif change == "variable":
        monkeypatch.setenv("KSERVE_PLATFORM_ENVIRONMENT", "dev")
    elif change == "configuration":
        configuration.write_text("{}")
    else:
        remove_stack(places)
        with_state(places, {"resources": [{"urn": events.STACK, "type": "pulumi:pulumi:Stack"}]})
    up(engine)

    assert engine.operations == ["preview", "up", "preview", "up"]


def test_caches_of_python_are_no_part_of_a_plan(places: Places) -> None:
    before = plan_of(places, {})
    (places.checkout / "policies" / "__pycache__").mkdir(parents=True)
    (places.checkout / "policies" / "__pycache__" / "x.pyc").write_bytes(b"x")

    assert plan_of(places, {"HOME": "/root"}) == before


def test_a_wrong_environment_is_told_before_anything_is_provided(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KSERVE_PLATFORM_ENVIRONMENT", "production")
    machine = FakeMachine(engine)

    with pytest.raises(PlatformError, match="KSERVE_PLATFORM_ENVIRONMENT: this is no environment"):
        bring_up(engine.places, load_stack_file(engine.places.stack_file), Board([]), machine)
    assert machine.done == []


def test_whoever_asks_to_stop_during_the_judgement_is_obeyed(engine: FakeEngine) -> None:
    engine.outcome = Outcome(130, 1.0, "", True)

    assert up(engine).status == 130
    assert engine.operations == ["preview"]
