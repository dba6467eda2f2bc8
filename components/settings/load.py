"""The ways in: a mapping of configuration values, what the engine hands to the program, a stack file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.errors import Problem
from components.settings.keys import PROJECT, in_file_order
from components.settings.model import PlatformSettings, Settings, StorageSettings
from components.settings.namespaces import normal_key, problem_of_key, problems_of_repetition
from components.settings.parse import SECTIONS, parse
from components.settings.plain import decode
from components.settings.problems import SettingsError
from components.settings.rules import check
from components.settings.stack_file import read_stack_file

__all__ = ["SettingsError", "from_pulumi_config", "load", "load_stack_file"]


def load(config: Mapping[str, object]) -> Settings:
    """Read configuration values by their full keys (`kserve-platform:cluster`).

    Values may be plain values or JSON text, as the engine writes them. Keys of Pulumi itself and of providers
    are left alone.

    Raises:
        SettingsError: With every problem at once, in the order of the mapping.
    """
    return _load(config, [])


def load_stack_file(path: Path) -> Settings:
    """Read a stack file as the engine would, before there is an engine.

    Raises:
        SettingsError: The file cannot be read, is not YAML or not a stack file, or `load` refuses it.
    """
    stack = read_stack_file(path)
    return _load(stack.config, stack.problems)


def from_pulumi_config(config: Mapping[str, str]) -> dict[str, object]:
    """Turn what the engine hands to a program (values as JSON or plain text) into what `load` takes."""
    return {key: decode(value) for key, value in config.items()}


def _load(config: Mapping[str, object], found: list[Problem]) -> Settings:
    named = {normal_key(key): value for key, value in config.items()}
    if len(named) < len(config):
        found = [*found, *problems_of_repetition(config)]
    known = {f"{PROJECT}:{section}": section for section in SECTIONS}
    foreign = (problem_of_key(key) for key in named if key not in known)
    parsed = parse({section: named[key] for key, section in known.items() if key in named})
    problems = [*found, *filter(None, foreign), *parsed.problems, *check(parsed)]
    if problems or parsed.cluster is None:
        raise SettingsError(
            *in_file_order(problems, {key: parsed.plain.get(known.get(key, "")) for key in named})
        )
    return Settings(
        cluster=parsed.cluster,
        platform=parsed.platform or PlatformSettings(),
        storage=parsed.storage or StorageSettings(),
        services=parsed.services,
    )
