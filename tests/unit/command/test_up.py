"""`up` and `down` over doubles of the machine and the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

import command.up
from command.diagnosis.reader import Reader
from command.display.board import Board
from command.down import take_down
from command.endpoints import endpoints
from command.engine.places import Places
from command.engine.run import Outcome
from command.inference.client import Answer, Ingress, Request
from command.samples import drawn_sample
from command.up import Proof, bring_up
from components.errors import PlatformError
from components.settings.load import load, load_stack_file
from tests.unit.command import recorded as events
from tests.unit.command.cluster_objects import condition, thing
from tests.unit.command.doubles import FakeEngine, FakeMachine, Lines, places_in, with_state
from tests.unit.command.test_diagnosis import Cluster

STACK_FILE = """\
config:
  kserve-platform:cluster: {provider: kind}
  kserve-platform:platform: {resourceProfile: local}
  kserve-platform:services: {torchserve: {example: mnist}}
"""
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ENVOY = {"server": "istio-envoy"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = places_in(tmp_path, STACK_FILE)
    with_state(made, {"resources": [{"urn": events.STACK, "type": "pulumi:pulumi:Stack"}]})
    return made


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """What the gateway answers, one after the other."""
    queue = [Answer(200, ENVOY, '{"predictions": [2]}')]

    def send(ingress: Ingress, request: Request) -> Answer:
        assert ingress == Ingress("127.0.0.1", 8080)
        return queue.pop(0)

    monkeypatch.setattr(command.up, "ask", send)
    return queue


def run(places: Places, machine: FakeMachine, lines: Lines) -> Proof:
    return bring_up(places, load_stack_file(places.stack_file), Board([lines]), machine)


def test_up_ends_with_the_prediction_the_digit_and_a_line_that_repeats_it(
    places: Places, lines: Lines, answers: list[Answer]
) -> None:
    machine = FakeMachine(FakeEngine(places, [events.summary(same=148)]))
    proof = run(places, machine, lines)
    body = places.cache.path("state", "requests", "mnist.json")
    assert (proof.status, proof.sample) == (0, drawn_sample())
    assert proof.text.startswith("\nThe model sees a 2. (torchserve, through Istio's gateway; up in 0.")
    assert proof.text.endswith(
        "Ask it again:\n  curl -H 'Host: torchserve.kserve-test.example.com' "
        f"http://127.0.0.1:8080/v1/models/mnist:predict -d @{body}"
    )
    assert body.read_text().startswith('{"instances": [{"data": "')


def test_the_machine_is_prepared_before_the_engine_runs(
    places: Places, lines: Lines, answers: list[Answer]
) -> None:
    machine = FakeMachine(FakeEngine(places))
    run(places, machine, lines)
    assert machine.done == ["prepare", "engine"]
    assert machine.fake.operations == ["up"]
    assert lines.closed_steps == [
        ("look after an earlier run", False),
        ("compare the program with what is there", False),
        ("ask for a prediction", False),
    ]


def test_a_wrong_prediction_fails_up_with_its_hop(
    places: Places, lines: Lines, answers: list[Answer]
) -> None:
    answers[:] = [Answer(200, ENVOY, '{"predictions": [7]}')]
    machine = FakeMachine(FakeEngine(places), Reader(Cluster({}, {}, {})))
    assert run(places, machine, lines) == Proof(1)
    assert "The prediction failed at the hop: model\n" in lines.text.getvalue()
    assert lines.text.getvalue().endswith("First broken link: InferenceService torchserve: not there\n")


def test_up_waits_until_the_way_to_the_model_is_open(
    places: Places, lines: Lines, answers: list[Answer]
) -> None:
    answers[:0] = [Answer(503, ENVOY, "no healthy upstream"), Answer(404, {"server": "istio-envoy"}, "")]
    assert run(places, FakeMachine(FakeEngine(places)), lines).status == 0
    assert answers == []


def test_a_failed_layer_is_told_with_its_cause_its_log_and_what_to_do(places: Places, lines: Lines) -> None:
    urn = events.object_urn("Istio", DEPLOYMENT, "istiod")
    failing = FakeEngine(
        places,
        [
            events.stack(),
            events.layer("Istio"),
            events.begun("Istio", DEPLOYMENT, "istiod"),
            events.said("error", "timed out waiting for istiod", urn),
            events.failed("Istio", DEPLOYMENT, "istiod", identity="istio-system/istiod"),
            events.said("error", "update failed", events.STACK),
        ],
        Outcome(255, 60.0, "", False),
    )
    deployment = thing("istiod", condition("Available", "False", "MinimumReplicasUnavailable", "no replica"))
    cluster = Cluster({"deployments/istiod": deployment}, {}, {})
    assert run(places, FakeMachine(failing, Reader(cluster)), lines) == Proof(1)
    assert ("istio", True) in lines.closed_steps
    assert lines.text.getvalue().split("\n\n", 1)[1] == (
        "istio: Deployment istiod failed\n"
        "  timed out waiting for istiod\n"
        "  ✗ Deployment istiod: MinimumReplicasUnavailable, no replica\n"
        "\n"
        "First broken link: Deployment istiod: MinimumReplicasUnavailable, no replica\n"
        "\n"
        f"Log: {places.log('up')}\n"
        "Then:  make up   (what is done is kept)\n"
    )


def test_a_program_that_fails_is_told_without_a_resource(places: Places, lines: Lines) -> None:
    engine = FakeEngine(
        places,
        [events.said("error", "Program failed with an unhandled exception")],
        Outcome(255, 1, "", False),
    )
    assert run(places, FakeMachine(engine), lines) == Proof(1)
    assert "The program failed\n  Program failed with an unhandled exception\n" in lines.text.getvalue()


def test_an_engine_that_dies_silently_leaves_its_last_words(places: Places, lines: Lines) -> None:
    engine = FakeEngine(places, [], Outcome(-9, 1.0, "panic: out of memory", False))
    assert run(places, FakeMachine(engine), lines) == Proof(1)
    assert "panic: out of memory\n\nLog: " in lines.text.getvalue()


def test_who_stopped_it_is_told_how_to_go_on(places: Places, lines: Lines) -> None:
    engine = FakeEngine(places, [], Outcome(255, 1.0, "", True))
    assert run(places, FakeMachine(engine), lines) == Proof(130)
    assert lines.text.getvalue().endswith("Stopped as asked. What was done is kept; go on with: make up\n")


def test_the_passphrase_is_blanked_wherever_it_turns_up(places: Places, lines: Lines) -> None:
    places.passphrase.parent.mkdir(parents=True, exist_ok=True)
    places.passphrase.write_text("correct-horse-battery\n")
    engine = FakeEngine(places, [], Outcome(255, 1.0, "bad passphrase correct-horse-battery", False))
    run(places, FakeMachine(engine), lines)
    assert "bad passphrase [secret]" in lines.text.getvalue()


def test_a_stack_without_the_example_is_up_without_a_question(places: Places, lines: Lines) -> None:
    places.stack_file.write_text("config:\n  kserve-platform:cluster: {provider: kind}\n")
    proof = run(places, FakeMachine(FakeEngine(places)), lines)
    assert (proof.status, proof.sample) == (0, None)
    assert proof.text.startswith("\nThe stack local is up (")


def test_a_cluster_whose_ingress_has_no_address_is_told(places: Places) -> None:
    places.stack_file.write_text("config:\n  kserve-platform:cluster: {provider: existing, context: prod}\n")
    settings = load_stack_file(places.stack_file)
    with pytest.raises(PlatformError) as refused:
        endpoints(settings, {})
    assert str(refused.value) == (
        "The stack does not say where its ingress is\n"
        "  why:  The outputs ingressHost and ingressPort are empty: its load balancer has no address yet.\n"
        "  do:   Look at the ingress Service of the cluster, then run make up again."
    )
    assert endpoints(settings, {"ingressHost": "10.0.0.1", "ingressPort": 80}) == []


def test_a_stack_that_is_aws_alone_has_no_ingress_and_nobody_looks_for_one() -> None:
    settings = load(
        {
            "kserve-platform:cluster": {
                "provider": "eks",
                "stack": {"part": "infra"},
                "region": "eu-west-1",
                "zones": ["eu-west-1a", "eu-west-1b"],
                "nodeGroups": {"system": {"instanceTypes": ["m7i.xlarge"], "minSize": 1, "maxSize": 2}},
            }
        }
    )

    assert endpoints(settings, {}) == []


def test_down_destroys_then_looks_for_what_no_state_knows_then_forgets(places: Places, lines: Lines) -> None:
    places.passphrase.parent.mkdir(parents=True, exist_ok=True)
    places.passphrase.write_text("correct-horse-battery\n")
    machine = FakeMachine(FakeEngine(places, [events.summary(delete=148)]))
    assert take_down(places, Board([lines]), machine) == 0
    assert machine.fake.operations == ["destroy"]
    assert machine.done == ["sign in", "engine", "remove cluster"]
    assert not places.checkpoint.exists()
    assert "The stack local is down (" in lines.text.getvalue()


def test_down_without_a_state_still_looks_for_a_half_made_cluster(places: Places, lines: Lines) -> None:
    places.passphrase.parent.mkdir(parents=True, exist_ok=True)
    places.passphrase.write_text("correct-horse-battery\n")
    places.checkpoint.unlink()
    machine = FakeMachine(FakeEngine(places))
    assert take_down(places, Board([lines]), machine) == 0
    assert machine.done == ["remove cluster"]


def test_down_of_a_stack_that_was_never_up_does_nothing(places: Places, lines: Lines) -> None:
    machine = FakeMachine(FakeEngine(places))
    assert take_down(places, Board([lines]), machine) == 0
    assert (machine.done, lines.text.getvalue()) == (
        [],
        "The stack local was never up: nothing to do.\n",
    )


def test_a_destroy_that_fails_keeps_the_state(places: Places, lines: Lines) -> None:
    places.passphrase.parent.mkdir(parents=True, exist_ok=True)
    places.passphrase.write_text("correct-horse-battery\n")
    engine = FakeEngine(places, [events.said("error", "no engine")], Outcome(255, 1.0, "", False))
    machine = FakeMachine(engine)
    assert take_down(places, Board([lines]), machine) == 1
    assert places.checkpoint.exists()
    assert machine.done == ["sign in", "engine"]
    assert "Then:  make down   (what is done is kept)" in lines.text.getvalue()
