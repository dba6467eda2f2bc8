"""What the pack takes the stack for, out of what the engine hands over."""

from __future__ import annotations

import json

import pytest

from components.errors import PlatformError
from components.facts.environments import Environment
from policies.run import Run, run_of

KIND = json.dumps({"kserve-platform:cluster": json.dumps({"provider": "kind", "apiPort": 6443})})


def test_a_stack_on_kind_is_development_by_its_own_settings() -> None:
    assert run_of({"PULUMI_STACK": "mine", "PULUMI_CONFIG": KIND}) == Run("mine", Environment.DEV)


def test_the_name_counts_more_than_the_cluster_and_what_a_person_says_more_than_both() -> None:
    engine = {"PULUMI_STACK": "mine-staging", "PULUMI_CONFIG": KIND}

    assert run_of(engine).environment is Environment.STAGING
    assert run_of({**engine, "KSERVE_PLATFORM_ENVIRONMENT": "prod"}).environment is Environment.PROD


@pytest.mark.parametrize(
    "configuration",
    [
        "",
        "no JSON",
        "[]",
        json.dumps({"kserve-platform:cluster": "no JSON"}),
        json.dumps({"kserve-platform:cluster": "[]"}),
        json.dumps({"kserve-platform:cluster": json.dumps({"provider": 1})}),
        json.dumps({"another:cluster": json.dumps({"provider": "kind"})}),
    ],
)
def test_a_configuration_that_says_nothing_leaves_it_at_production(configuration: str) -> None:
    assert run_of({"PULUMI_STACK": "mine", "PULUMI_CONFIG": configuration}).environment is Environment.PROD


def test_what_the_engine_says_of_the_stack_counts_more_than_a_shells_variables() -> None:
    shell = {"PULUMI_STACK": "mine", "PULUMI_CONFIG": KIND}

    assert run_of(shell, "blue", {}) == Run("blue", Environment.PROD)
    assert run_of({}, "blue", json.loads(KIND)) == Run("blue", Environment.DEV)


def test_a_pack_started_for_no_stack_is_as_strict_as_in_production() -> None:
    assert run_of({}) == Run("", Environment.PROD)


def test_a_wrong_word_is_refused() -> None:
    with pytest.raises(PlatformError, match="KSERVE_PLATFORM_ENVIRONMENT: this is no environment"):
        run_of({"KSERVE_PLATFORM_ENVIRONMENT": "production"})
