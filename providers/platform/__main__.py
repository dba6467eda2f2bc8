"""Started by `providers/bin/pulumi-resource-kserve-cluster`."""

from __future__ import annotations

import sys

from machine.cache import Cache
from providers.platform.provider import PlatformPlugin
from providers.rpc.server import serve

if __name__ == "__main__":
    serve(PlatformPlugin(Cache.default()), sys.argv[1:], "KSERVE_PLATFORM_PLUGIN_LOG")
