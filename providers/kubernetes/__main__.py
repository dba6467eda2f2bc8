"""The plugin: `python -m providers.kubernetes [ENGINE_ADDRESS]`."""

from __future__ import annotations

import sys
from importlib import metadata

from providers.kubernetes.provider import KubernetesProvider
from providers.rpc.server import serve

LOG_VARIABLE = "PULUMI_K8S_STANDIN_LOG"


def version() -> str:
    """The version of the installed SDK: the engine warns of any other."""
    try:
        return metadata.version("pulumi-kubernetes")
    except metadata.PackageNotFoundError:
        return "0.0.0"


def main() -> None:
    """Serve the engine."""
    serve(KubernetesProvider(version()), sys.argv[1:], LOG_VARIABLE)


if __name__ == "__main__":
    main()
