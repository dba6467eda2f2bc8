"""The program: settings in, a cluster with a platform and its services out. The only place that exports."""

from __future__ import annotations

from datetime import UTC, datetime

import pulumi

from components.catalog.selection import components_of
from components.cluster.create import create_cluster
from components.errors import PlatformError
from components.layers import platform
from components.serving.exports import exports
from components.serving.services import serve
from components.settings.load import from_pulumi_config, load
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
    cluster = create_cluster(settings, stack, cache.path("state", "images", f"{stack}.json"))
    components = components_of(
        settings.platform.ingress_class,
        built=cluster.capabilities.images == "build",
        measured=not cluster.capabilities.small,
        autoscaler=cluster.fleet.autoscaler if cluster.fleet else None,
        gpus=bool(cluster.fleet and cluster.fleet.gpu_groups),
    )
    rendered = renderer(cache, Silent()).render_all(components)
    installed = platform.install(cluster, settings, rendered)
    services = serve(cluster, settings, installed)
    for name, value in exports(cluster, settings, installed, components, services).items():
        pulumi.export(name, value)


try:
    main()
except PlatformError as error:
    # A mistake of the user's, or of the machine: its text says it all, a stack trace would only hide it.
    raise pulumi.RunError(f"\n{error}") from None
