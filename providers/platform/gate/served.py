"""Whether CRDs are served: the question that costs the API server least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.platform.api import Api
from providers.platform.gate.check import Check
from providers.platform.gate.status import condition_problem

_VERSION, _KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"


@dataclass(frozen=True)
class CrdsServed(Check):
    """Kinds of one API version can be created.

    The API server lists a CRD's kind once the CRD is Established, and a version that an update adds once that
    is there as well, while the condition stays True from before. The list is a page; the condition stands in
    the CRD itself, which is up to 700 KB: reading 44 of them again and again cost the API server more than
    making them.

    Attributes:
        api_version: As `serving.kserve.io/v1beta1`.
        plurals: The kinds as they stand in URLs.
    """

    api_version: str
    plurals: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.api_version} served"

    def problem(self, api: Api) -> str:
        missing = self._missing(api)
        return f"not yet {', '.join(missing)}" if missing else ""

    def reasons(self, api: Api) -> list[str]:
        """What the CRDs of the missing kinds say of themselves."""
        group = self.api_version.partition("/")[0]
        names = [f"{plural}.{group}" for plural in self._missing(api)]
        return [f"{name}: {_reason(api.get(_VERSION, _KIND, '', name))}" for name in names]

    def _missing(self, api: Api) -> list[str]:
        return sorted(set(self.plurals) - api.creatable(self.api_version))


def served_checks(crds: Iterable[Mapping[str, Any]]) -> list[CrdsServed]:
    """One check for each API version that CRDs serve."""
    plurals: dict[str, list[str]] = {}
    for crd in crds:
        spec = crd["spec"]
        for version in spec["versions"]:
            if version["served"]:
                plurals.setdefault(f"{spec['group']}/{version['name']}", []).append(spec["names"]["plural"])
    return [CrdsServed(version, tuple(sorted(names))) for version, names in sorted(plurals.items())]


def _reason(live: Mapping[str, Any] | None) -> str:
    if live is None:
        return "it does not exist"
    if "deletionTimestamp" in live["metadata"]:
        return f"it is being deleted, since {live['metadata']['deletionTimestamp']}"
    return condition_problem(live, "NamesAccepted") or condition_problem(live, "Established") or "Established"
