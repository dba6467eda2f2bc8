"""A stack's environment: what a person says, else its name, else its cluster, else production."""

from __future__ import annotations

import pytest

from components.errors import PlatformError
from components.facts.environments import Environment, environment_of


@pytest.mark.parametrize(
    ("stack", "environment"),
    [
        ("local", Environment.DEV),
        ("existing", Environment.DEV),
        ("minikube", Environment.DEV),
        ("eks-dev", Environment.DEV),
        ("dev", Environment.DEV),
        ("eu-staging", Environment.STAGING),
        ("eks-prod", Environment.PROD),
        ("prod", Environment.PROD),
        ("acme/kserve-platform/eks-prod", Environment.PROD),
    ],
)
def test_a_stack_is_what_its_name_says(stack: str, environment: Environment) -> None:
    assert environment_of(stack) is environment


@pytest.mark.parametrize("cluster", ["kind", "minikube"])
def test_a_cluster_on_a_desk_is_development_unless_the_name_says_otherwise(cluster: str) -> None:
    assert environment_of("mine", cluster=cluster) is Environment.DEV
    assert environment_of("mine-staging", cluster=cluster) is Environment.STAGING
    assert environment_of("mine-prod", cluster=cluster) is Environment.PROD


@pytest.mark.parametrize("cluster", ["existing", "eks", "", "a provider of the future"])
def test_a_stack_of_which_nothing_is_known_counts_as_production(cluster: str) -> None:
    assert environment_of("production-eu", cluster=cluster) is Environment.PROD
    assert environment_of("", cluster=cluster) is Environment.PROD


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("stack", ["mine", "local", "eks-prod"])
def test_what_a_person_says_counts_more_than_names_and_clusters(stack: str, environment: Environment) -> None:
    assert environment_of(stack, said=environment.value, cluster="kind") is environment


@pytest.mark.parametrize("said", ["production", "Dev", " dev", "dev,prod"])
def test_a_word_that_is_no_environment_is_refused_and_not_guessed(said: str) -> None:
    with pytest.raises(PlatformError) as refused:
        environment_of("local", said=said)

    assert str(refused.value) == (
        "KSERVE_PLATFORM_ENVIRONMENT: this is no environment\n"
        f"  seen: {said}\n"
        "  why:  the policy pack is as strict as the stack's environment is\n"
        "  do:   set it to one of dev, staging, prod, or unset it and let the stack's name say it"
    )
