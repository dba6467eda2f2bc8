"""A cluster that is there already: nothing of it is made, and what is on it is respected."""

from __future__ import annotations

from pathlib import Path

from components.cluster.base import Capabilities, Cluster, IngressEndpoint, connect
from components.errors import PlatformError
from components.settings.cluster import ExistingSettings

_KEY = "kserve-platform:cluster.kubeconfig"


def read_kubeconfig(settings: ExistingSettings) -> str:
    """Content of the kubeconfig that the stack names.

    Raises:
        PlatformError: It cannot be read.
    """
    file = Path(settings.kubeconfig).expanduser()
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise PlatformError.single(
            "The kubeconfig cannot be read",
            key=_KEY,
            seen=settings.kubeconfig,
            why=error.strerror or str(error),
            fix="Name the kubeconfig of the cluster to install on.",
        ) from None


def use_existing(settings: ExistingSettings, *, small: bool) -> Cluster:
    """Hand over the cluster that a context leads to.

    An object that is there and that the stack did not make is refused, never taken over
    (`Capabilities.ours`). That the cluster has a load balancer is supposed: without one the ingress Service
    still answers on its node port.

    Raises:
        PlatformError: The kubeconfig cannot be read.
    """
    capabilities = Capabilities(
        load_balancer=True,
        storage_class=None,
        gpu_resource=None,
        images="pull",
        small=small,
        ours=False,
        ingress=IngressEndpoint(host=None, port=None, node_port=None),
    )
    return connect(settings.context, read_kubeconfig(settings), capabilities, context=settings.context)
