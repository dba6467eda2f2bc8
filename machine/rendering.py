"""The renderer of manifests on this machine: the tools that it needs, provided when it first needs them."""

from __future__ import annotations

from functools import partial

from components.catalog.render import Renderer
from components.catalog.sources import RenderTools
from machine.cache import Cache
from machine.progress import Reporter
from machine.toolchain import Toolchain


def renderer(cache: Cache, report: Reporter, toolchain: Toolchain | None = None) -> Renderer:
    """Make a renderer; nothing is looked for before something has to be rendered.

    Args:
        cache: Where rendered manifests are kept.
        report: Told about tools that have to be fetched or built.
        toolchain: Provides the tools; one of its own by default.
    """
    return Renderer(cache.root, partial(render_tools, cache, report, toolchain))


def render_tools(cache: Cache, report: Reporter, toolchain: Toolchain | None = None) -> RenderTools:
    """Provide what rendering needs.

    Raises:
        PlatformError: A tool cannot be had.
    """
    chain = toolchain or Toolchain(cache, report)
    found = chain.ensure("kubectl", "helm")
    return RenderTools(chain.modules().download, found["kubectl"], found["helm"])
