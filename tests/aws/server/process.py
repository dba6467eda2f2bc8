"""Starts the double of AWS as a process of its own, and asks it things that AWS would not tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_ROOT = Path(__file__).parents[3]
_SECONDS = 60


@dataclass(frozen=True)
class AwsDouble:
    """The double.

    Attributes:
        url: Its endpoint, on loopback.
    """

    url: str

    def faults(self, *orders: Mapping[str, Any]) -> None:
        """Order faults in place of those before."""
        self._ask("faults", list(orders))

    def endpoint(self, url: str | None) -> None:
        """Say where the API of every cluster is; a double of it, on loopback."""
        self._ask("endpoint", url)

    def inventory(self) -> set[str]:
        """Everything in the account."""
        return set(self._ask("inventory")["rows"])

    def calls(self) -> list[dict[str, Any]]:
        """The calls since one last asked, in their order."""
        return list(self._ask("calls")["rows"])

    def _ask(self, order: str, body: Any = None) -> dict[str, Any]:
        request = Request(f"{self.url}/double/{order}", json.dumps(body).encode(), method="POST")
        with build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
            return dict(json.load(answer))


@contextmanager
def running() -> Iterator[AwsDouble]:
    """The double while it runs: it ends with its standard input, which a kill -9 of this process closes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.aws.server"],
        cwd=_ROOT,
        env={**kept, "AWS_EC2_METADATA_DISABLED": "true"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        yield AwsDouble(f"http://127.0.0.1:{port}")
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(_SECONDS)
