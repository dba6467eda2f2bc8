"""A stack's name says its environment; one that does not is refused."""

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


def test_a_name_that_says_nothing_is_refused_and_not_guessed() -> None:
    with pytest.raises(PlatformError) as refused:
        environment_of("production-eu")

    assert str(refused.value) == (
        "stack: the stack's name does not say which environment it is\n"
        "  seen: production-eu\n"
        "  why:  policies are stricter in production, and a guess could be too lenient\n"
        "  do:   let the name end in -dev, -staging or -prod, e.g. eks-prod"
    )
