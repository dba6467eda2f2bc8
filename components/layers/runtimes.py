"""KServe's ClusterServingRuntimes: which image serves which model format, for every namespace."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.catalog.images import EXAMPLE, full_repository
from components.catalog.references import image_fields
from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.layers.edits import Edit
from components.layers.hardening import confined, unprivileged
from components.layers.kserve_config import ContainerSize
from components.layers.layer import Layer
from components.layers.objects import Manifest
from components.layers.ordering import FOUNDATION


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: The runtimes' manifests.
        names: Which of them to install.
        kserve: Open once runtimes can be created.
        predictor: What their containers get unless an InferenceService says otherwise.
        built: Images were built here: TorchServe's, in the one version that is pinned.
    """

    rendered: Rendered
    names: Sequence[str]
    kserve: pulumi.Resource
    predictor: ContainerSize
    built: bool


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        runtimes: Every runtime. An InferenceService created before its runtime waits minutes for a retry.
    """

    runtimes: list[pulumi.Resource]


class Runtimes(Layer):
    """The serving runtimes of a stack."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("Runtimes", "runtimes", cluster)
        chosen = [m for m in args.rendered.objects if m["metadata"]["name"] in args.names]
        edits = (sized(args.predictor), unprivileged, confined, *((built_server,) if args.built else ()))
        installed = self.install(chosen, edits, after={FOUNDATION: [args.kserve]})
        self.outputs = Outputs(runtimes=list(installed.resources))
        self.register_outputs({})


def built_server(manifest: Manifest) -> Manifest:
    """Name the version of a server that was built here, whatever upstream's runtime asks for."""
    changed = copy.deepcopy(manifest)
    built = {full_repository(image.reference): image.reference for image in EXAMPLE}
    for holder, field in image_fields(changed):
        holder[field] = built.get(full_repository(holder[field]), holder[field])
    return changed


def sized(size: ContainerSize) -> Edit:
    """Give every container of a runtime this size, where the size says anything.

    Upstream's runtimes ask for a whole core each, so the platform's default for predictors would never count.
    """
    amounts = {
        "requests": {"cpu": size.cpu_request, "memory": size.memory_request},
        "limits": {"cpu": size.cpu_limit, "memory": size.memory_limit},
    }

    def edit(manifest: Manifest) -> Manifest:
        changed = copy.deepcopy(manifest)
        for container in changed["spec"]["containers"]:
            resources = container.setdefault("resources", {})
            for kind, values in amounts.items():
                given = {name: value for name, value in values.items() if value is not None}
                if given:
                    resources[kind] = {**resources.get(kind, {}), **given}
        return changed

    return edit
