"""The resources of our own provider plugin that work on any cluster: CRD sets and gates.

The plugin (`kserve-cluster`, named in Pulumi.yaml) stands beside the Kubernetes provider because two
things do not fit that one. A CRD as an ordinary resource makes every command ten times slower (each is
up to a megabyte of state), so a component's CRDs are one small resource here. And a layer is not ready
when its objects exist: `Gate` holds the next layer back until what it needs is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.cluster.checks import Check

PACKAGE = "kserve-cluster"


class PlatformProvider(pulumi.ProviderResource):
    """An instance of our plugin that speaks to one cluster.

    Args:
        name: Resource name.
        kubeconfig: Content of a kubeconfig; kept secret. May be unknown in a first preview.
        context: Context of it to use; None for its current one.
    """

    def __init__(
        self,
        name: str,
        *,
        kubeconfig: pulumi.Input[str],
        context: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties = {"kubeconfig": pulumi.Output.secret(kubeconfig), "context": context}
        super().__init__(PACKAGE, name, properties, opts)


class CrdSet(pulumi.CustomResource):
    """Every CustomResourceDefinition of one component, applied server-side and served.

    Args:
        name: Resource name.
        component: Name of the catalog entry, e.g. `cert-manager`.
        version: Its version; shown in previews.
        path: The CRD file, relative to the cache root (`rendered/<key>/crds.yaml`).
        sha256: Hex digest of that file.
        names: metadata.name of every CRD in it.
        keep_on_delete: Leave the CRDs when the resource is deleted. The default, because deleting a CRD
            deletes every object of its kind, of whoever made it.

    Attributes:
        established: Names of the CRDs; known once all of their kinds are served. Depend on this.
    """

    established: pulumi.Output[list[str]]

    def __init__(
        self,
        name: str,
        *,
        component: str,
        version: str,
        path: str,
        sha256: str,
        names: Sequence[str],
        keep_on_delete: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties: dict[str, Any] = {
            "component": component,
            "version": version,
            "path": path,
            "sha256": sha256,
            "names": sorted(names),
            "keepOnDelete": keep_on_delete,
            "established": None,
        }
        super().__init__(f"{PACKAGE}:index:CrdSet", name, properties, opts)


class Gate(pulumi.CustomResource):
    """Opens when everything that the next layer needs is true on the cluster.

    It is looked at when it is created and whenever its checks or triggers change; a failure names each
    check that did not hold, with the cluster's own reason. Deleting it does nothing.

    Args:
        name: Resource name.
        checks: What must hold, all of it, at the same time.
        triggers: Values whose change asks for a new look (uids and generations of what is waited for).
            `opts.depends_on` says what must have been registered before.
        timeout_seconds: How long it may take.

    Attributes:
        passed: Digest of checks and triggers; known once the gate is open. Depend on the gate, or use it.
    """

    passed: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        checks: Sequence[Check],
        triggers: Sequence[pulumi.Input[str]] = (),
        timeout_seconds: int = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties: dict[str, Any] = {
            "checks": [check.to_wire() for check in checks],
            "triggers": list(triggers),
            "timeoutSeconds": timeout_seconds,
            "passed": None,
        }
        super().__init__(f"{PACKAGE}:index:Gate", name, properties, opts)


class Departure(pulumi.CustomResource):
    """A gate of the end: its deletion waits until its checks hold. Its creation does nothing.

    What it depends on stays until then, and what depends on it goes before: it stands between a controller
    and the objects whose deletion that controller must still act on.

    Args:
        name: Resource name.
        checks: What must hold, all of it, at the same time.
        timeout_seconds: How long it may take.
    """

    def __init__(
        self,
        name: str,
        *,
        checks: Sequence[Check],
        timeout_seconds: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        properties: dict[str, Any] = {
            "checks": [check.to_wire() for check in checks],
            "timeoutSeconds": timeout_seconds,
        }
        super().__init__(f"{PACKAGE}:index:Departure", name, properties, opts)
