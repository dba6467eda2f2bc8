"""Whether what shall run a model can: KServe accepts a service that no runtime takes, and it stays pending.

KServe chooses a runtime by itself only among those that say `autoSelect` for the format. What its own
runtimes serve is in components/settings/runtimes.py; what the stack makes comes before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from components.settings.runtimes import ALL_RUNTIMES
from components.settings.runtimes import RUNTIMES as KSERVES
from policies.kubernetes.parts import INFERENCE_SERVICE, RUNTIMES, Part, components, each, whole, wrong
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity

_CLUSTER_WIDE = RUNTIMES[1]


@dataclass(frozen=True)
class Serves:
    """What one runtime serves.

    Attributes:
        formats: Model formats.
        chosen_for: Those of them that it is chosen for by itself.
        protocols: Inference protocols; none where it does not say.
    """

    formats: tuple[str, ...]
    chosen_for: tuple[str, ...]
    protocols: tuple[str, ...]


def supported(resources: Sequence[Resource], context: Context) -> Iterator[Finding]:
    """Judge every model by the runtimes that there are for it."""
    runtimes = [one for one in resources if one.type != INFERENCE_SERVICE]
    for resource in resources:
        if resource.type == INFERENCE_SERVICE:
            models = (one.at("model") for one in components(resource) if one.at("model").value is not None)
            yield from each(resource, models, partial(_model, resource, runtimes))


def _model(resource: Resource, runtimes: Sequence[Resource], model: Part) -> Iterator[Finding]:
    wanted, named = model.at("modelFormat", "name"), model.at("runtime")
    if not wanted.value:
        return
    known = _known(runtimes, str(whole(resource).at("metadata", "namespace").value or ""))
    if not named.value:
        yield from _chosen(resource, known, wanted)
    elif named.value in known:
        yield from _named(resource, known[named.value], model)
    elif named.value in ALL_RUNTIMES:
        others = [name for name, one in known.items() if wanted.value in one.formats]
        yield wrong(
            resource,
            named,
            why="the stack installs runtimes, and not this one: the service would wait for it",
            fix=f"add it to platform.runtimes{f', or name {others[0]}' if others else ''}",
        )


def _named(resource: Resource, serves: Serves, model: Part) -> Iterator[Finding]:
    wanted, protocol = model.at("modelFormat", "name"), model.at("protocolVersion")
    if wanted.value not in serves.formats:
        yield wrong(
            resource,
            wanted,
            why=f"{model.at('runtime').value} serves {', '.join(serves.formats)}",
            fix="name a runtime that serves the format, or the format that the model has",
        )
    if protocol.value and serves.protocols and protocol.value not in serves.protocols:
        yield wrong(
            resource,
            protocol,
            why=f"{model.at('runtime').value} speaks {', '.join(serves.protocols)}",
            fix="name one of those, or a runtime that speaks it",
        )


def _chosen(resource: Resource, known: Mapping[str, Serves], wanted: Part) -> Iterator[Finding]:
    if any(wanted.value in one.chosen_for for one in known.values()):
        return
    serving = [name for name, one in known.items() if wanted.value in one.formats]
    yield wrong(
        resource,
        wanted,
        why=f"{', '.join(serving)} serves it only when asked by name"
        if serving
        else "no runtime serves it, and the service would wait for one",
        fix=f"write runtime: {serving[0]}" if serving else "name a runtime of one's own, or another format",
    )


def _known(runtimes: Sequence[Resource], namespace: str) -> dict[str, Serves]:
    """Runtimes by name: KServe's own where the stack installs none, and those of the stack."""
    installs = any(one.type == _CLUSTER_WIDE for one in runtimes)
    found: dict[str, Serves] = {}
    if not installs:
        found = {
            name: Serves(one.formats, one.chosen_for, tuple(one.protocols)) for name, one in KSERVES.items()
        }
    for one in runtimes:
        top = whole(one)
        if one.type == _CLUSTER_WIDE or top.at("metadata", "namespace").value == namespace:
            found[str(top.at("metadata", "name").value or one.name)] = _told(top)
    return found


def _told(top: Part) -> Serves:
    if top.at("spec", "disabled").value:
        return Serves((), (), ())
    formats = list(top.entries("spec", "supportedModelFormats"))
    return Serves(
        tuple(str(one.at("name").value) for one in formats),
        tuple(str(one.at("name").value) for one in formats if one.at("autoSelect").value),
        tuple(str(one.value) for one in top.entries("spec", "protocolVersions")),
    )


RULES = (
    Rule(
        id="isvc-runtime-supports",
        title="A runtime serves the model's format and speaks the protocol that is asked for",
        severity=Severity.MEDIUM,
        levels=Levels(Level.ADVISORY, Level.MANDATORY, Level.MANDATORY),
        types=(INFERENCE_SERVICE, *RUNTIMES),
        check_stack=supported,
    ),
)
