"""From the sections of a stack file to models, each on its own, so that one mistake hides no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import ConfigDict, ValidationError

from components.errors import Problem
from components.settings.base import Model
from components.settings.explain import explain, locate
from components.settings.keys import Path, key_of
from components.settings.model import (
    ClusterSettings,
    EksSettings,
    ExistingSettings,
    KindSettings,
    MinikubeSettings,
    MnistExample,
    ModelService,
    PlatformSettings,
    Service,
    StorageSettings,
)
from components.settings.plain import Plain, decode, key_text
from components.settings.seen import seen
from components.settings.text import judge_service_name

CLUSTERS: Mapping[str, type[ClusterSettings]] = {
    "kind": KindSettings,
    "existing": ExistingSettings,
    "minikube": MinikubeSettings,
    "eks": EksSettings,
}
SECTIONS = ("cluster", "platform", "storage", "services")

AnyModel = TypeVar("AnyModel", bound=Model)


class _Provider(Model):
    """Just what chooses the cluster's model, so that a wrong provider is told before its keys are judged."""

    model_config = ConfigDict(extra="ignore")

    provider: Literal["kind", "existing", "minikube", "eks"]
    """What gives the cluster."""


@dataclass
class Parsed:
    """What could be read of a stack file; a part is None (a service absent) where it could not.

    Attributes:
        plain: The sections in plain form, as far as they have one.
        problems: Everything that was wrong, in no particular order.
    """

    cluster: ClusterSettings | None = None
    platform: PlatformSettings | None = None
    storage: StorageSettings | None = None
    services: dict[str, Service] = field(default_factory=dict)
    plain: Mapping[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def parse(sections: Mapping[str, object]) -> Parsed:
    """Read the sections (`cluster`, `platform`, `storage`, `services`); an empty one counts as absent."""
    reader = _Reader({name: value for name, value in sections.items() if value not in (None, "")})
    parsed = Parsed(plain=reader.plain, problems=reader.problems)
    parsed.cluster = reader.cluster()
    parsed.platform = reader.read(PlatformSettings, ("platform",))
    parsed.storage = reader.read(StorageSettings, ("storage",))
    parsed.services = reader.services()
    return parsed


class _Reader:
    def __init__(self, sections: Mapping[str, object]) -> None:
        self._written = {name: decode(value) for name, value in sections.items()}
        plain = Plain()
        self.plain = {name: plain.convert(value, (name,)) for name, value in self._written.items()}
        self._refused = plain.refused
        self.problems = plain.problems

    def cluster(self) -> ClusterSettings | None:
        if "cluster" not in self.plain:
            self.problems.append(
                Problem(
                    what="is missing",
                    why="nothing says which cluster to make or to use",
                    fix=f"add it, with `provider:` one of: {', '.join(CLUSTERS)}",
                    key=key_of(("cluster",)),
                )
            )
            return None
        chosen = self.read(_Provider, ("cluster",))
        if chosen is None:
            return None
        others = {name: model for name, model in CLUSTERS.items() if name != chosen.provider}
        return self.read(CLUSTERS[chosen.provider], ("cluster",), elsewhere=others)

    def services(self) -> dict[str, Service]:
        value = self.plain.get("services", {})
        if not isinstance(value, dict):
            if ("services",) not in self._refused:
                self.problems.append(
                    Problem(
                        what="is not a mapping",
                        why="each service has a name",
                        fix="write `name:` lines below it, each with the service's keys",
                        key=key_of(("services",)),
                        seen=seen(self._written["services"]),
                    )
                )
            return {}
        for name in value:
            refusal = judge_service_name(name)
            if refusal:
                problem = Problem(**refusal._asdict(), key=key_of(("services", name)), seen=seen(name))
                self.problems.append(problem)
        read = {name: self._service(name, inner) for name, inner in value.items()}
        return {name: service for name, service in read.items() if service is not None}

    def _service(self, name: str, value: object) -> Service | None:
        path = ("services", name)
        if isinstance(value, dict) and "example" in value:
            return self.read(MnistExample, path)
        return self.read(ModelService, path)

    def read(
        self, model: type[AnyModel], path: Path, elsewhere: Mapping[str, type[Model]] | None = None
    ) -> AnyModel | None:
        """Read the model at `path`; None, and problems, where that cannot be."""
        value: object = self.plain
        written: object = self._written
        for step in path:
            value, written = _step(value, step), _step(written, step)
        if value is None and len(path) == 1 and path not in self._refused:
            value = {}
        try:
            return model.model_validate_json(json.dumps(value), by_alias=True, by_name=False)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                location, _ = locate(details, written)
                if not any((*path, *location)[: len(refused)] == refused for refused in self._refused):
                    problem = explain(details, model, path, written, elsewhere or {})
                    self.problems.extend([problem] if problem else [])
            return None


def _step(value: object, step: str | int) -> object:
    if not isinstance(value, dict):
        return None
    # YAML may have read a name as a number or a boolean; its plain text is what is looked for.
    by_text = {key_text(name): inner for name, inner in value.items()}
    return by_text.get(str(step))
