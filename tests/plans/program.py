"""The shipped program, and the machine that its plans are made on."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from components.catalog.images import EXAMPLE_LOADED
from machine.cache import Cache
from tests.components.mocks import Recorder

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
UNBUILT = {"minikube"}
STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))
# The local stack comes twice: with images of registries, and with those that were built here.
PLANS = ["local-built", *(stack for stack in STACKS if stack not in UNBUILT)]
PARTS = ["eks-prod-infra", "eks-prod-platform", "eks-prod-services"]

Run = Callable[..., Recorder]
"""Gives the finished recorder of a plan, which is only looked at: it is made once for all tests."""


def shipped() -> None:
    """Run `__main__.py`."""
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


class Machine:
    """A home with a kubeconfig, and two caches: in one all images were built, in one the example's only.

    Args:
        home: An empty folder.
        warm: The cache that has the manifests.
    """

    def __init__(self, home: Path, warm: Cache) -> None:
        self._home = home
        (home / ".kube").mkdir()
        (home / ".kube" / "config").write_text("a kubeconfig of somebody's cluster")
        example = {image.reference: f"sha256:{'e' * 64}" for image in EXAMPLE_LOADED}
        built = {"nodeImage": "docker.io/kindest/node:v1.34.4", "imageStore": "key-of-a-store"}
        self._cache("built", warm, {"source": "build", **built})
        self._cache("pulled", warm, {"source": "pull", "loadedImages": example})

    def run(self, recorder: Recorder, images: str = "pulled") -> Recorder:
        """Run the shipped program there, to its end, and return its recorder."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)
            patch.setenv("HOME", str(self._home))
            patch.setenv("KSERVE_PLATFORM_CACHE", str(self._home / images))
            recorder.run(shipped)
        return recorder

    def _cache(self, name: str, warm: Cache, row: Mapping[str, object]) -> None:
        prepared = self._home / name / "state" / "images"
        prepared.mkdir(parents=True)
        (self._home / name / "rendered").symlink_to(warm.folder("rendered"))
        (prepared / "local.json").write_text(json.dumps(row))
