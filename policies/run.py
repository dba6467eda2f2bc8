"""What the pack is started for: which stack, and how strict it has to be there.

The engine hands the stack's name and its configuration over, so that the settings of the very stack that is
previewed decide, whatever shell that is typed in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.facts.environments import VARIABLE, Environment, environment_of

_CLUSTER = "kserve-platform:cluster"


@dataclass(frozen=True)
class Run:
    """One preview or update."""

    stack: str
    environment: Environment


def run_of(
    variables: Mapping[str, str], stack: str = "", configuration: Mapping[str, str] | None = None
) -> Run:
    """The run that the engine started the pack for.

    Args:
        variables: The process's environment: KSERVE_PLATFORM_ENVIRONMENT of a person. An engine that starts
            the pack by an executable of its own puts PULUMI_STACK and PULUMI_CONFIG there too (constructEnv
            in `sdk/go/common/resource/plugin/analyzer_plugin.go`).
        stack: The stack's name, as the engine says it in ConfigureStack; empty where it does not.
        configuration: The stack's configuration, said there too: full key to value or to its JSON text.

    Raises:
        PlatformError: KSERVE_PLATFORM_ENVIRONMENT is no environment.
    """
    name = stack or variables.get("PULUMI_STACK", "")
    cluster = cluster_in(configuration if stack else _parsed(variables.get("PULUMI_CONFIG")))
    return Run(name, environment_of(name, said=variables.get(VARIABLE, ""), cluster=cluster))


def cluster_in(configuration: object) -> str:
    """The provider of the cluster in a stack's configuration; empty where that does not say."""
    settings = _parsed(configuration.get(_CLUSTER)) if isinstance(configuration, Mapping) else None
    provider = settings.get("provider") if isinstance(settings, Mapping) else None
    return provider if isinstance(provider, str) else ""


def _parsed(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
