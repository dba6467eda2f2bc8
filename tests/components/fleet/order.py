"""What the engine does before what, as it follows from dependencies."""

from __future__ import annotations

from tests.components.mocks import Recorder, Registration


def before(recorder: Recorder, found: Registration) -> set[tuple[str, str]]:
    """Everything that is made before a resource, and deleted after it, by kind and name.

    The engine holds a resource back for what it depends on, for the provider instance that it uses, and for
    what these depend on.
    """
    waiting, reached = _directly(recorder, found), set()
    while waiting:
        urn = waiting.pop()
        if urn not in reached:
            reached.add(urn)
            waiting |= _directly(recorder, recorder.by_urn(urn))
    return {(r.type.split(":")[-1], r.name) for r in map(recorder.by_urn, reached)}


def _directly(recorder: Recorder, found: Registration) -> set[str]:
    providers = {
        each.urn
        for each in recorder.resources
        if each.type.startswith("pulumi:providers:") and each.name == found.provider
    }
    return set(found.depends_on) | providers
