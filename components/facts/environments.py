"""Which environment a stack is: development, staging or production. Rules grow stricter on the way."""

from __future__ import annotations

from enum import StrEnum

from components.errors import PlatformError


class Environment(StrEnum):
    """How much it costs when something goes wrong in a stack."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


# Stacks whose names are those of the machine that they are on. All others say it in their last word.
_BY_NAME = {"local": Environment.DEV, "existing": Environment.DEV, "minikube": Environment.DEV}


def environment_of(stack: str) -> Environment:
    """The environment that a stack's name says it is.

    Args:
        stack: The stack's name, e.g. local, eks-dev, prod; one with an organization before it is fine too.

    Raises:
        PlatformError: The name says nothing. A guess would apply the rules of development to production.
    """
    name = stack.rsplit("/", 1)[-1]
    last = name.rsplit("-", 1)[-1]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if last in set(Environment):
        return Environment(last)
    raise PlatformError.single(
        "the stack's name does not say which environment it is",
        seen=name,
        why="policies are stricter in production, and a guess could be too lenient",
        fix="let the name end in -dev, -staging or -prod, e.g. eks-prod",
        key="stack",
    )
