"""The program: settings in, a cluster with a platform and its services out. The only place that exports."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pulumi

from components.catalog.selection import components_of
from components.cluster.base import Cluster
from components.cluster.create import create_cluster, create_infra
from components.errors import PlatformError
from components.layers.platform import Platform, find_platform, install
from components.serving.exports import exports
from components.serving.services import serve
from components.settings.eks.cluster import EksSettings
from components.settings.load import from_pulumi_config, load
from components.settings.model import Settings
from components.settings.unbuilt import refuse_unbuilt
from components.settings.warnings import warnings
from machine.cache import Cache
from machine.progress import Silent
from machine.rendering import renderer


def main() -> None:
    """Read settings, then cluster, layers and services, each given what the one before it made."""
    # The SDK gives values by key only; unknown keys must be seen to be refused.
    settings = load(from_pulumi_config(pulumi.runtime.config.CONFIG.get()))
    refuse_unbuilt(settings)
    for problem in warnings(settings, datetime.now(UTC).date()):
        pulumi.warn(str(problem))
    stack, cache = pulumi.get_stack(), Cache.default()
    if isinstance(settings.cluster, EksSettings) and settings.cluster.stack.part == "infra":
        outputs = create_infra(settings.cluster, stack)
    else:
        cluster = create_cluster(settings, stack, cache.path("state", "images", f"{stack}.json"))
        installed = _platform(cluster, settings, cache)
        outputs = exports(cluster, settings, installed, serve(cluster, settings, installed))
    for name, value in outputs.items():
        pulumi.export(name, value)


def _platform(cluster: Cluster, settings: Settings, cache: Cache) -> Platform:
    """Install the platform, or find the one that the stack of another part has installed."""
    if isinstance(settings.cluster, EksSettings) and settings.cluster.stack.part == "services":
        return find_platform(cluster, settings, str(settings.cluster.stack.platform))
    components = components_of(
        settings.platform.ingress_class,
        built=cluster.capabilities.images == "build",
        measured=not cluster.capabilities.small,
        autoscaler=cluster.fleet.autoscaler if cluster.fleet else None,
        gpus=bool(cluster.fleet and cluster.fleet.gpu_groups),
    )
    return install(cluster, settings, renderer(cache, Silent()).render_all(components))


# The engine interrupts a program that it no longer listens to. Python would wait for requests that nobody
# answers any more: a failed update ended five seconds late, when the engine killed it.
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    main()
except PlatformError as error:
    # A mistake of the user's, or of the machine: its text says it all, a stack trace would only hide it.
    raise pulumi.RunError(f"\n{error}") from None
