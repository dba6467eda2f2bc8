"""What a stack file may say already, though nothing does it yet."""

from __future__ import annotations

from components.errors import Problem
from components.settings.keys import key_of
from components.settings.model import Settings
from components.settings.problems import SettingsError

UNBUILT_PROVIDERS = frozenset({"minikube"})
UNBUILT_MODES = frozenset({"standard"})


def unbuilt(settings: Settings) -> tuple[Problem, ...]:
    """One line for each thing that is declared and not built."""
    problems = []
    if settings.cluster.provider in UNBUILT_PROVIDERS:
        what = f"{settings.cluster.provider} is not built yet"
        fix = "use kind, eks, or existing for a cluster made elsewhere"
        problems.append(Problem(what=f"{what}: {fix}", key=key_of(("cluster", "provider"))))
    if settings.platform.mode in UNBUILT_MODES:
        what = f"{settings.platform.mode} mode is not built yet: use knative"
        problems.append(Problem(what=what, key=key_of(("platform", "mode"))))
    return tuple(problems)


def refuse_unbuilt(settings: Settings) -> None:
    """Stop before anything is created.

    Raises:
        SettingsError: The stack asks for something that is not built yet.
    """
    problems = unbuilt(settings)
    if problems:
        raise SettingsError(*problems)
