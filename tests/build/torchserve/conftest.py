"""The real image's root, the real model, and a pod of both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.catalog.recipes import TorchServe
from components.serving.mnist import CONFIG
from machine.cache import Cache
from machine.images import layers
from machine.images.supplies import supplies_of
from machine.images.torchserve import model_layers, torchserve
from machine.images.workshop import Workshop, open_workshop
from machine.progress import Silent
from machine.toolchain import Toolchain
from models.mnist import build
from tests.build.torchserve.pod import Pod, running


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """Makes what is missing of the image, in the user's own cache, where it is kept."""
    cache = Cache.default()
    with open_workshop(cache, supplies_of(cache, Toolchain(cache, Silent())), Silent()) as made:
        yield made


@pytest.fixture(scope="module")
def root(workshop: Workshop) -> Iterator[Path]:
    """Every layer of the TorchServe image, unpacked: one module's at a time."""
    with workshop.root(*torchserve("test", TorchServe("0.12.0")).layers) as folder:
        yield folder


@pytest.fixture(scope="session")
def root_key() -> str:
    """The name of the root that trains the model, as the image of the model computes it."""
    return layers.layer_key(plan.key for plan in model_layers()[:2])


@pytest.fixture(scope="module")
def model(workshop: Workshop, root: Path, root_key: str) -> Path:
    """The trained model's folder."""
    return build.build_model(workshop.cache, root, root_key, lambda text: None, workshop.npm)


@pytest.fixture(scope="module")
def store(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store as the example's Job lays it out."""
    folder = tmp_path_factory.mktemp("store")
    folder.chmod(0o755)
    (folder / "config").mkdir()
    (folder / "model-store").mkdir()
    (folder / "config" / "config.properties").write_text(CONFIG.render())
    shutil.copy(model / build.ARCHIVE, folder / "model-store")
    return folder


@pytest.fixture(scope="module")
def pod(root: Path, store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    """A server that answers; tests that end one start their own."""
    with running(root, store, tmp_path_factory.mktemp("pod") / "log") as one:
        one.wait_ready()
        yield one
