"""What every layer is: a component whose objects are created in order, and whose gate says when it works."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.cluster.checks import Check
from components.cluster.resources import CrdSet, Gate
from components.layers.edits import (
    Edit,
    apply_edits,
    asked_at_once,
    built_images,
    digest_text,
    small,
    unawaited,
    without_aggregated_rules,
)
from components.layers.hardening import confined
from components.layers.objects import Manifest, register
from components.layers.ordering import WAITS_FOR, foreign_fields, phase, shared_with_controller


@dataclass(frozen=True)
class Profile:
    """How the platform's own pods are run.

    Attributes:
        built: Images were built here, under their tags; no registry is asked.
        small: Requests fit a machine of two cores.
    """

    built: bool
    small: bool


def profile_edits(profile: Profile) -> tuple[Edit, ...]:
    """The edits that a profile makes to every layer, after the layer's own."""
    return (
        without_aggregated_rules,
        confined,
        unawaited,
        shared_with_controller,
        *((built_images,) if profile.built else ()),
        *((small, asked_at_once) if profile.small else ()),
    )


class Layer(pulumi.ComponentResource):
    """A component of the platform on a cluster.

    Attributes:
        images: Every image that its objects name.
    """

    def __init__(self, kind: str, name: str, cluster: Cluster, parent: pulumi.Resource | None = None) -> None:
        super().__init__(f"kserve-platform:layers:{kind}", name, None, cluster.options(parent))
        self._cluster = cluster
        self._name = name

    def install_crds(self, rendered: Rendered) -> CrdSet:
        """Apply a component's CRDs as one resource; depend on it to find its kinds served.

        Raises:
            ValueError: The component has none.
        """
        component, crds = rendered.component, rendered.crds
        if crds is None:
            raise ValueError(f"{component.name} has no CRDs")
        return CrdSet(
            component.name,
            component=component.name,
            version=component.version,
            path=crds.path,
            sha256=crds.sha256,
            names=crds.names,
            # With a cluster of ours the CRDs go anyway; on another's they hold its users' objects.
            opts=self._options([]),
        )

    def install(
        self,
        manifests: Sequence[Manifest],
        edits: Sequence[Edit] = (),
        *,
        after: Mapping[int, Sequence[pulumi.Resource]] | None = None,
        late: Sequence[Edit] = (),
    ) -> Installed:
        """Register objects, those of a phase after those that the phase waits for.

        Args:
            manifests: What to install, as rendered.
            edits: What to change first.
            after: Resources from elsewhere that the objects of a phase need, by phase.
            late: Edits after all others, which may put in what is known only once its resource is there: an
                output can neither be copied nor digested.
        """
        edited = sorted(apply_edits(manifests, *edits), key=phase)
        made: dict[int, list[pulumi.Resource]] = {}
        for current in sorted({phase(manifest) for manifest in edited}):
            needed = [resource for earlier in WAITS_FOR[current] for resource in made.get(earlier, [])]
            needed += (after or {}).get(current, ())
            made[current] = [
                register(finished, self._options(needed, ignore=foreign_fields(manifest)))
                for manifest in edited
                if phase(manifest) == current
                for finished in apply_edits([manifest], *late)
            ]
        return Installed(tuple(edited), tuple(r for resources in made.values() for r in resources))

    def gate(
        self,
        name: str,
        checks: Sequence[Check],
        after: Installed,
        also: Sequence[pulumi.Resource] = (),
        *,
        timeout_seconds: int = 300,
    ) -> Gate:
        """A gate that is looked at after objects are there, and again whenever one of them changes."""
        return Gate(
            name,
            checks=checks,
            triggers=[after.digest],
            timeout_seconds=timeout_seconds,
            opts=self._options([*after.resources, *also]),
        )

    def _options(
        self, depends_on: Sequence[pulumi.Resource], ignore: Sequence[str] = ()
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._cluster.after, *depends_on],
            ignore_changes=list(ignore) or None,
            deleted_with=self._cluster.made_by,
        )


@dataclass(frozen=True)
class Installed:
    """Objects of a layer, registered.

    Attributes:
        manifests: As they were registered, in that order.
        resources: Their resources.
    """

    manifests: tuple[Manifest, ...]
    resources: tuple[pulumi.Resource, ...]

    def before(self, later: int) -> list[pulumi.Resource]:
        """The resources of the phases before one: what another layer's pods may read."""
        return [r for m, r in zip(self.manifests, self.resources, strict=True) if phase(m) < later]

    def of(self, kind: str) -> list[pulumi.Resource]:
        """The resources of one kind."""
        return [r for m, r in zip(self.manifests, self.resources, strict=True) if m["kind"] == kind]

    @property
    def digest(self) -> str:
        """Changes whenever an object does."""
        return hashlib.sha256(digest_text(self.manifests).encode()).hexdigest()
