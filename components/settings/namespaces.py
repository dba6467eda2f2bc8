"""Configuration keys: which are ours, which are somebody's, and which are nobody's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.errors import Problem
from components.settings.keys import PROJECT
from components.settings.parse import SECTIONS
from components.settings.places import nearest

# Pulumi's own keys, and those of the provider that reads the environment of an EKS stack.
LEFT_ALONE = frozenset({"pulumi", "aws"})


def normal_key(key: str) -> str:
    """Write a key in full: Pulumi takes `cluster` and `kserve-platform:config:cluster` as well."""
    namespace, _, name = key.rpartition(":")
    return f"{namespace.removesuffix(':config') or PROJECT}:{name}"


def problem_of_key(key: str) -> Problem | None:
    """Why a full key, which is none of our sections, is refused; None for one that is left alone."""
    namespace, _, name = key.partition(":")
    if namespace in LEFT_ALONE:
        return None
    if namespace == PROJECT:
        near = nearest(name, SECTIONS)
        return Problem(
            what="is not a setting",
            why=f"the settings are: {', '.join(f'{PROJECT}:{section}' for section in SECTIONS)}",
            fix=f"write {PROJECT}:{near}" if near else "remove it",
            key=key,
        )
    if namespace == "kubernetes":
        return Problem(
            what="has no effect",
            why="every object goes to the stack's own cluster, never to that of a default provider",
            fix=f"remove it; choose a cluster that exists by {PROJECT}:cluster with provider: existing",
            key=key,
        )
    if nearest(namespace, (PROJECT,)):
        return Problem(
            what="is of another project",
            why=f"this project is {PROJECT}",
            fix=f"write {PROJECT}:{name}",
            key=key,
        )
    return Problem(
        what="is of another project",
        why="nothing in this program reads it",
        fix=f"remove it; keys of this project begin with {PROJECT}:",
        key=key,
    )


def problems_of_repetition(keys: Iterable[str]) -> Iterator[Problem]:
    """Two spellings of one key: Pulumi would take either, and say nothing of the other."""
    first: dict[str, str] = {}
    for key in keys:
        full = normal_key(key)
        if full in first:
            yield Problem(
                what="is there twice",
                why=f"`{first[full]}` and `{key}` are the same key, and one of the two would be lost",
                fix="merge them or remove one",
                key=full,
            )
        first.setdefault(full, key)
