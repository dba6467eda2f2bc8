"""`make env`: what a person's shell is told, over doubles of the machine and the engine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from command.display.board import Board
from command.engine.places import Places
from command.engine.policies import write_pack
from command.engine.store import remove_stack
from command.local_machine import LocalMachine
from command.shell import exports, in_context
from components.settings.load import load_stack_file
from tests.unit.command.doubles import FakeEngine, FakeMachine, Lines, places_in, with_state
from tests.unit.command.recorded import STACK

STACK_FILE = "config:\n  kserve-platform:cluster: {provider: kind}\n"
ASKED = "stack output kubeconfig --show-secrets --stack local"
KUBECONFIG = "apiVersion: v1\ncurrent-context: one\nusers:\n- {name: me, user: {token: very-secret}}\n"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_in(tmp_path, STACK_FILE)


def state(places: Places, **outputs: str) -> None:
    with_state(places, {"resources": [{"urn": STACK, "type": "pulumi:pulumi:Stack", "outputs": outputs}]})


def machine(places: Places) -> FakeMachine:
    return FakeMachine(FakeEngine(places, answers={ASKED: KUBECONFIG}))


def test_kubectl_is_led_to_the_stacks_cluster_by_a_file_that_only_its_owner_reads(places: Places) -> None:
    state(places, kubeconfig="encrypted")
    text = exports(places, machine(places))
    assert f"export KUBECONFIG={places.kubeconfig}\n" in text
    assert places.kubeconfig.read_text() == KUBECONFIG
    assert places.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert "very-secret" not in text


def test_a_shell_made_before_the_cluster_keeps_the_kubectl_it_had(places: Places) -> None:
    state(places, url="http://127.0.0.1:8080")
    places.kubeconfig.parent.mkdir(parents=True)
    places.kubeconfig.write_text("of a cluster that is gone")
    one = machine(places)
    assert "KUBECONFIG" not in exports(places, one)
    assert not places.kubeconfig.exists()
    assert one.fake.operations == []


def test_a_context_that_the_stack_names_is_the_one_kubectl_asks(places: Places) -> None:
    state(places, kubeconfig="encrypted")
    exports(places, machine(places), context="two")
    assert yaml.safe_load(places.kubeconfig.read_text()) == {
        **yaml.safe_load(KUBECONFIG),
        "current-context": "two",
    }
    assert in_context(KUBECONFIG, "one") == yaml.safe_dump(yaml.safe_load(KUBECONFIG), sort_keys=False)


def test_the_kubeconfig_goes_with_the_stack(places: Places) -> None:
    state(places, kubeconfig="encrypted")
    exports(places, machine(places))
    remove_stack(places)
    assert not places.kubeconfig.exists()


def test_docker_is_led_to_the_private_engine_only_where_containers_are_on_it(places: Places) -> None:
    real = LocalMachine(places, load_stack_file(places.stack_file), Board([Lines()]))
    assert real.docker_variables() == {}
    places.cache.path("docker", "data", "containers", "0123").mkdir(parents=True)
    assert real.docker_variables() == {
        "DOCKER_HOST": f"unix://{places.cache.root}/docker/docker.sock",
        "DOCKER_CONTEXT": "",
    }


def test_what_the_machine_says_of_docker_is_exported(places: Places) -> None:
    state(places)
    one = machine(places)
    one.docker["DOCKER_HOST"] = "unix:///cache/docker/docker.sock"
    assert "export DOCKER_HOST=unix:///cache/docker/docker.sock\n" in exports(places, one)


def test_a_preview_in_the_shell_runs_the_policy_pack_of_the_checkout(places: Places) -> None:
    state(places, kubeconfig="encrypted")
    one = machine(places)
    one.fake.pack = write_pack(places, places.checkout / "policies")
    text = exports(places, one)
    (named,) = (line for line in text.splitlines() if "PULUMI_OPTION_POLICY_PACK" in line)
    folder = Path(named.partition("=")[2])
    assert (folder / "PulumiPolicy.yaml").read_text() == (
        "name: kserve-platform\nversion: 0.1.0\nruntime: kserve-platform\n"
    )
    program = folder / "bin" / "pulumi-analyzer-policy-kserve-platform"
    assert program.read_text().splitlines()[-1] == (
        f'exec {sys.executable} -u {places.checkout / "policies"} "$@"'
    )
    assert f":{program.parent}:" in text


def test_the_shell_of_one_stack_makes_the_pack_no_milder_towards_another(places: Places) -> None:
    # How strict the pack is, it learns from the engine for the very stack that is asked about.
    state(places, kubeconfig="encrypted")
    assert "KSERVE_PLATFORM_ENVIRONMENT" not in exports(places, machine(places))
