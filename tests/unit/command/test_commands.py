"""The small commands: predict, status, images, clean-cache, doctor, and the program around them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import command.__main__
from command.__main__ import main, subcommand
from command.checkup import cluster_made, in_words, take_readings
from command.clean import bytes_in, remove, users
from command.digits import Question
from command.endpoints import Endpoint
from command.engine.pending import Pending
from command.engine.places import Places
from command.image_source import HandOver, built_here, choose_source, hand_over_file, registry_answers
from command.images import Row as ImageRow
from command.images import built_rows, pulled_rows, table
from command.inference.client import Answer, Ingress, Request
from command.parser import build_parser
from command.predict import as_picture, predict
from command.recover import advice
from command.recover import in_words as recovered
from command.samples import choose_sample, drawn_sample
from command.stack import open_stack
from command.status import Row, layer_rows, render, service_row, state_row
from components.catalog.images import CONTROL_PLANE, EXAMPLE, NODE
from components.errors import PlatformError
from components.settings.load import load
from machine.cache import Cache
from machine.preflight import Building
from tests.unit.command import recorded as events
from tests.unit.command.cluster_objects import condition, ready, thing
from tests.unit.command.doubles import places_in, with_state

ENVOY = {"server": "istio-envoy"}
ENDPOINT = Endpoint(
    "torchserve", "kserve-test", "a.example.com", "mnist", "mnist", Ingress("127.0.0.1", 8080)
)
KIND = {"kserve-platform:cluster": {"provider": "kind"}}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


COMMANDS = ["up", "down", "status", "verify", "images", "env", "doctor", "cost", "predict", "clean-cache"]


def test_every_command_of_the_help_exists() -> None:
    assert re.findall(r"^    ([a-z-]+)", build_parser().format_help(), flags=re.MULTILINE) == COMMANDS
    assert all(callable(subcommand(name)) for name in COMMANDS)


def test_a_mistake_is_printed_without_a_stack_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(options: object) -> int:
        raise PlatformError.single("There is too little memory", seen="2.0 GiB", fix="Use another machine.")

    monkeypatch.setattr(command.__main__, "subcommand", lambda name: refuse)
    assert main(["up"]) == 1
    assert capsys.readouterr().err == (
        "\nThere is too little memory\n  seen: 2.0 GiB\n  do:   Use another machine.\n"
    )


def test_a_bad_stack_file_is_told_whole_and_creates_nothing(tmp_path: Path) -> None:
    places = places_in(
        tmp_path,
        "config:\n  kserve-platform:cluster: {provider: kind, ports: {ingress: 0}}\n"
        "  kserve-platform:platform: {domain: a_b}\n",
    )
    with pytest.raises(PlatformError) as refused:
        open_stack_in(places.checkout, places.cache)
    assert [problem.key for problem in refused.value.problems] == [
        "kserve-platform:cluster.ports.ingress",
        "kserve-platform:platform.domain",
    ]
    assert not places.cache.root.exists()


def open_stack_in(checkout: Path, cache: Cache) -> None:
    """Open the stack `local` of another checkout."""
    from components.settings.load import load_stack_file

    load_stack_file(Places(cache, "local", checkout).stack_file)


def test_the_local_stack_of_this_checkout_can_be_opened(cache: Cache) -> None:
    places, settings = open_stack("local", cache)
    assert (places.stack, settings.cluster.provider) == ("local", "kind")


def test_predict_draws_what_the_model_gets_and_says_what_it_sees(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sample = drawn_sample()
    asked = Question(sample.pixels, sample.v1, sample.v2)
    sent: list[Request] = []

    def send(ingress: Ingress, request: Request) -> Answer:
        sent.append(request)
        body = (
            {"predictions": [2]}
            if request.name == "prediction"
            else {"explanations": [[[0.5, -1.0], [0, 0]]]}
        )
        return Answer(200, ENVOY, json.dumps(body))

    assert predict(ENDPOINT, asked, explain=True, send=send) == 0
    said = capsys.readouterr().out
    assert "\nThe model sees a 2.\n\nWhat mattered, brighter is more:\n" in said
    assert [request.path for request in sent] == ["/v1/models/mnist:predict", "/v1/models/mnist:explain"]
    assert sent[0].body == sample.v1


def test_predict_names_the_hop_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    sample = drawn_sample()

    def send(ingress: Ingress, request: Request) -> Answer:
        raise ConnectionRefusedError

    assert predict(ENDPOINT, Question(sample.pixels, "{}", "{}"), explain=False, send=send) == 1
    assert "The prediction failed at the hop: this machine\n" in capsys.readouterr().err


def test_attributions_are_drawn_by_their_size() -> None:
    assert as_picture([[0.5, -1.0], [0.0, 0.25]]) == [[128, 255], [0, 64]]
    assert as_picture([[0.0]]) == [[0]]


def test_without_a_trained_model_the_drawn_digit_is_asked_about(cache: Cache) -> None:
    assert choose_sample(cache) == drawn_sample()


def test_the_digit_of_the_newest_trained_model_is_asked_about(cache: Cache) -> None:
    from PIL import Image

    folder = cache.folder("models", "mnist", "abc")
    Image.new("L", (28, 28), 0).save(folder / "sample.png")
    (folder / "metrics.json").write_text('{"sample_label": 7}')
    (folder / "mnist.json").write_text("{}")
    (folder / "mnist-v2.json").write_text("[]")
    sample = choose_sample(cache)
    assert (sample.digit, sample.v1, sample.v2, len(sample.pixels)) == (7, "{}", "[]", 28)


def test_status_of_a_stack_that_is_not_up_says_how_to_bring_it_up(tmp_path: Path) -> None:
    places = places_in(tmp_path, "")
    assert render("local", [state_row(places, {})]) == (
        "Stack local\n    state          not up; bring it up: make up STACK=local"
    )


def test_status_counts_what_each_layer_holds_and_what_failed(tmp_path: Path) -> None:
    istio = events.layer_urn("Istio")
    snapshot = {
        "resources": [
            {"urn": events.STACK, "type": "pulumi:pulumi:Stack"},
            {"urn": istio, "parent": events.STACK},
            {"urn": f"{istio}::a", "parent": istio, "custom": True},
            {"urn": f"{istio}::b", "parent": istio, "custom": True, "initErrors": ["timed out"]},
        ],
        "pending_operations": [{}],
    }
    places = places_in(tmp_path, "")
    with_state(places, snapshot)
    assert [state_row(places, snapshot), *layer_rows(snapshot)] == [
        Row("state", False, "4 resources, 1 operations interrupted: run make up"),
        Row("layers", False, "istio: 2 resources, 1 not ready"),
    ]


def test_status_of_a_service_gives_its_url_or_its_reason() -> None:
    good = ready("torchserve", url="http://torchserve.kserve-test.example.com")
    bad = thing("other", condition("Ready", "False", "RevisionMissing"))
    assert [service_row(good), service_row(bad), service_row(thing("new"))] == [
        Row("services", True, "torchserve http://torchserve.kserve-test.example.com"),
        Row("services", False, "other : RevisionMissing"),
        Row("services", False, "new : no status yet"),
    ]


def test_a_title_that_repeats_is_written_once() -> None:
    assert render("local", [Row("layers", True, "a"), Row("layers", None, "b")]).splitlines()[1:] == [
        "  ✓ layers         a",
        "                   b",
    ]


@dataclass(frozen=True)
class Built:
    """A double of a built image."""

    reference: str
    digest: str
    size: int
    origin: tuple[str, ...]


def test_images_that_are_built_say_of_what_and_those_that_are_not_say_so() -> None:
    pause = Built("registry.k8s.io/pause:3.10.1", "sha256:" + "ab" * 32, 1_500_000, ("catatonit@0.1.7",))
    rows = built_rows(["registry.k8s.io/pause:3.10.1", "a/b:1"], {pause.reference: pause})
    assert table(rows).splitlines() == [
        "IMAGE                         DIGEST                  SIZE  ORIGIN",
        "registry.k8s.io/pause:3.10.1  sha256:abababababab   1.5 MB  built from catatonit@0.1.7",
        "a/b:1                         -                          -  not built yet: make up",
    ]


def test_a_pulled_image_has_the_digest_of_its_reference() -> None:
    digest = "sha256:" + "0" * 64
    assert pulled_rows([f"gcr.io/knative/queue@{digest}", "a/b:1"]) == [
        ImageRow(f"gcr.io/knative/queue@{digest}", digest, "pulled", 0),
        ImageRow("a/b:1", "", "pulled", 0),
    ]


def test_the_example_brings_its_images_along() -> None:
    example = {"torchserve": {"example": "mnist"}}
    bare = built_here(load(KIND), "build")
    full = built_here(load({**KIND, "kserve-platform:services": example}), "build")
    assert bare[: 1 + len(CONTROL_PLANE)] == (NODE, *CONTROL_PLANE)
    assert full == (*bare, *EXAMPLE)


def test_what_auto_found_once_is_kept(cache: Cache) -> None:
    asked: list[bool] = []

    def reachable(answer: bool) -> bool:
        asked.append(answer)
        return answer

    assert choose_source("auto", cache, lambda: reachable(False)) == "build"
    assert choose_source("auto", cache, lambda: reachable(True)) == "build"
    assert choose_source("pull", cache, lambda: reachable(True)) == "pull"
    assert choose_source("build", cache, lambda: reachable(True)) == "build"
    assert asked == [False]


def test_a_registry_that_does_not_speak_tls_is_not_reachable() -> None:
    assert not registry_answers("127.0.0.1:9", 0.2)


def test_the_program_is_told_of_images_in_one_file(cache: Cache) -> None:
    file = hand_over_file(cache, "local")
    HandOver("build", nodeImage="kindest/node:v1.34.4", imageStore="abc").write(file)
    before = file.stat().st_mtime_ns
    HandOver("build", nodeImage="kindest/node:v1.34.4", imageStore="abc").write(file)
    assert json.loads(file.read_text()) == {
        "source": "build",
        "nodeImage": "kindest/node:v1.34.4",
        "imageStore": "abc",
        "loadedImages": {},
    }
    assert file.stat().st_mtime_ns == before


def test_a_cache_with_a_cluster_is_not_removed(cache: Cache) -> None:
    cache.folder("clusters", "kserve-platform-local")
    (problem,) = users(cache, {})
    assert str(problem) == (
        f"{cache.root}: The cluster kserve-platform-local lives in this cache\n"
        "  do:   Take its stack down first: make down STACK=local"
    )


def test_a_cache_with_the_state_of_a_stack_on_somebody_elses_cluster_is_not_removed(cache: Cache) -> None:
    places = Places(cache, "prod")
    provider = {"type": "pulumi:providers:kubernetes", "custom": True}
    stack = {"type": "pulumi:pulumi:Stack"}
    with_state(places, {"resources": [stack, provider]})
    assert users(cache, {}) == []
    with_state(places, {"resources": [stack, provider, {"type": "kubernetes:core/v1:Pod", "custom": True}]})
    (problem,) = users(cache, {})
    assert str(problem) == (
        f"{cache.root}: The stack prod has resources that only the state in this cache knows\n"
        "  seen: 1 resource\n"
        "  why:  They would stay on their cluster, and no run would take them for its own.\n"
        "  do:   Take it down first: make down STACK=prod"
    )


def test_a_stack_with_a_cluster_of_its_own_is_told_once(cache: Cache) -> None:
    cache.folder("clusters", "kserve-platform-local")
    with_state(Places(cache, "local"), {"resources": [{"type": "kubernetes:core/v1:Pod", "custom": True}]})
    (problem,) = users(cache, {})
    assert problem.what == "The cluster kserve-platform-local lives in this cache"


def test_only_gos_caches_go_where_only_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KSERVE_PLATFORM_CACHE", str(tmp_path))
    cache = Cache(tmp_path)
    cache.folder("go", "build")
    cache.folder("clusters", "kserve-platform-local")
    assert main(["clean-cache", "--builds"]) == 0
    assert not cache.path("go", "build").exists()
    assert cache.path("clusters", "kserve-platform-local").exists()
    assert capsys.readouterr().out.endswith(f" of Go's caches from {tmp_path}; what was built stays.\n")


def test_a_cache_that_a_program_runs_from_is_not_removed(cache: Cache) -> None:
    problems = users(cache, {7: f"{cache.root}/tools/kind create cluster", 8: f"ls {cache.root}-other/x"})
    assert [problem.seen for problem in problems] == [f"process 7: {cache.root}/tools/kind create cluster"]


def test_only_what_this_project_made_is_removed(cache: Cache) -> None:
    (cache.folder("tools", "kind") / "kind").write_bytes(b"x" * 5000)
    mine = cache.folder("mine")
    remove(cache)
    assert list(cache.root.iterdir()) == [mine]
    mine.rmdir()
    remove(cache)
    assert not cache.root.exists()


def test_a_file_of_two_names_takes_its_room_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 8192)
    once = bytes_in(tmp_path)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert bytes_in(tmp_path) == once >= 8192


def test_a_stack_on_somebody_elses_cluster_needs_nothing_of_this_machine(cache: Cache) -> None:
    settings = load({"kserve-platform:cluster": {"provider": "existing", "context": "prod"}})
    assert take_readings(settings, cache, "x", Building.NOTHING) is None


def test_what_was_read_of_the_machine_is_told(cache: Cache) -> None:
    readings = take_readings(load(KIND), cache, "x", Building.EVERYTHING)
    assert readings is not None
    assert [title for title, _ in in_words(readings)] == ["system", "memory", "disk", "to do"]
    assert in_words(readings)[3] == ("to do", "build every tool and image once")


def test_the_example_beside_pulled_images_asks_for_no_building_of_everything(cache: Cache) -> None:
    readings = take_readings(load(KIND), cache, "x", Building.EXAMPLE)
    assert readings is not None
    assert in_words(readings)[3] == ("to do", "pull images, and build those of the example")


def test_a_finished_cluster_is_known_by_its_marker(cache: Cache) -> None:
    assert not cluster_made(cache, "x")
    (cache.folder("clusters", "x") / "finished.json").touch()
    assert cluster_made(cache, "x")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0, 0), ""),
        ((1, 1, 1), "1 dead lock removed, 1 orphan ended, 1 interrupted operation to be done again"),
        ((2, 0, 3), "2 dead locks removed, 3 interrupted operations to be done again"),
    ],
)
def test_what_was_put_right_is_told(counts: tuple[int, int, int], words: str) -> None:
    assert recovered(*counts) == words


def test_what_a_person_has_to_judge_is_told_with_both_ways_out() -> None:
    urn = events.object_urn("Istio", "kubernetes:core/v1:ConfigMap", "istio")
    assert advice([Pending(urn, "creating")]) == (
        "warning: an earlier run was killed while creating: ConfigMap istio. "
        "If the object is there and yours, bring it into the state: pulumi refresh --import-pending-creates; "
        "else: pulumi refresh --clear-pending-creates."
    )
