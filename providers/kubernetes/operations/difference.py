"""Diff: the pure comparison, and the one look at the cluster that replaceUnready asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from providers.kubeclient.client import ApiError, Unreachable
from providers.kubernetes import schema
from providers.kubernetes.checkpoint import State
from providers.kubernetes.diff import Difference, compare
from providers.kubernetes.normalise import normalise
from providers.kubernetes.objects import REPLACE_UNREADY, Object, Urn, has_flag, is_patch, kind_of
from providers.kubernetes.operations.check import with_namespace
from providers.kubernetes.operations.read import look_of
from providers.kubernetes.operations.session import Session
from providers.kubernetes.waiting.rules import rule_for
from providers.rpc import reveal

_UNREADY: Final = f'.metadata.annotations["{REPLACE_UNREADY}"]'


def diff(session: Session, urn: Urn, state: State, news: Object, ignored: Sequence[str]) -> Difference:
    """Compare the state with new inputs."""
    wanted = normalise(reveal(news))
    if schema.built_in(*kind_of(wanted)) is not None:
        wanted = with_namespace(session, wanted)
    old_inputs = state.plain_inputs
    kind = kind_of(wanted)[1] or kind_of(old_inputs)[1]
    found = compare(
        state.live,
        old_inputs,
        wanted,
        ignored=ignored,
        mutable=session.settings.mutable(kind),
        patch=is_patch(urn, kind),
    )
    if has_flag(wanted, REPLACE_UNREADY) and _has_failed(session, wanted):
        return replace(found, replaces=(*found.replaces, _UNREADY), delete_first=True)
    return found


def _has_failed(session: Session, wanted: Object) -> bool:
    rule = rule_for(*kind_of(wanted), everything=False)
    if rule is None:
        return False
    try:
        return rule(session.cluster.read(wanted), look_of(session)).failure is not None
    except (ApiError, Unreachable):
        return False
