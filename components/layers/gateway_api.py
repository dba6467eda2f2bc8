"""Gateway API: the kinds that describe gateways and routes. CRDs alone, without a controller."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.catalog.render import Rendered
from components.cluster.base import Cluster
from components.layers.layer import Layer


@dataclass(frozen=True)
class Args:
    """What the layer needs.

    Attributes:
        rendered: The CRDs of Gateway API's standard channel.
    """

    rendered: Rendered


@dataclass(frozen=True)
class Outputs:
    """What the layer gives.

    Attributes:
        crds: There once gateways and routes can be created.
    """

    crds: pulumi.Resource


class GatewayApi(Layer):
    """The CRDs of Gateway API."""

    outputs: Outputs

    def __init__(self, cluster: Cluster, args: Args) -> None:
        super().__init__("GatewayApi", "gateway-api", cluster)
        self.outputs = Outputs(crds=self.install_crds(args.rendered))
        self.register_outputs({})
