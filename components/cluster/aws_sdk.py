"""Whether the SDK of AWS is there: only stacks on EKS take its 271 MB."""

from __future__ import annotations

import importlib.util

from components.errors import PlatformError

PACKAGE = "pulumi_aws"
INSTALL = "python3 command/bootstrap.py requirements.txt requirements-eks.txt"


def require_aws_sdk() -> None:
    """Find the SDK without importing it.

    Raises:
        PlatformError: It is not installed.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise PlatformError.single(
            "The Python packages for AWS are not installed",
            key="kserve-platform:cluster.provider",
            seen="eks",
            why=f"{PACKAGE} is of requirements-eks.txt, which other stacks do without",
            fix=f"run `make env STACK=<stack>`, or in the checkout: {INSTALL}",
        )
