"""Which environment a stack is: development, staging or production. Rules grow stricter on the way."""

from __future__ import annotations

from enum import StrEnum

from components.errors import PlatformError

VARIABLE = "KSERVE_PLATFORM_ENVIRONMENT"
"""What a person says about the stack: dev, staging or prod. It counts more than anything else."""


class Environment(StrEnum):
    """How much it costs when something goes wrong in a stack."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


# Stacks whose names are those of the machine that they are on. All others say it in their last word.
_BY_NAME = {"local": Environment.DEV, "existing": Environment.DEV, "minikube": Environment.DEV}
# Clusters on a person's own machine: what they cost and whom they serve follows from that.
_ON_A_DESK = frozenset({"kind", "minikube"})


def environment_of(stack: str, *, said: str = "", cluster: str = "") -> Environment:
    """The environment of a stack: what a person says it is, else its name, else its cluster.

    Where nothing is known it is production: a guess could apply the rules of development there.

    Args:
        stack: The stack's name, e.g. local, eks-dev, prod; one with an organization before it is fine too.
        said: The value of KSERVE_PLATFORM_ENVIRONMENT; empty for none.
        cluster: The `provider` of the stack's settings of its cluster; empty where they are not known.

    Raises:
        PlatformError: What is said is no environment.
    """
    if said:
        return _environment(said)
    name = stack.rsplit("/", 1)[-1]
    last = name.rsplit("-", 1)[-1]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if last in set(Environment):
        return Environment(last)
    return Environment.DEV if cluster in _ON_A_DESK else Environment.PROD


def _environment(said: str) -> Environment:
    try:
        return Environment(said)
    except ValueError:
        raise PlatformError.single(
            "this is no environment",
            seen=said,
            why="the policy pack is as strict as the stack's environment is",
            fix=f"set it to one of {', '.join(Environment)}, or unset it and let the stack's name say it",
            key=VARIABLE,
        ) from None
