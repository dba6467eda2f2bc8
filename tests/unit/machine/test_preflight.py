"""What is said of a machine that cannot carry a stack."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from components.errors import Problem, render_problems
from machine.cache import Cache
from machine.preflight import Building, Readings, Work, problems, read, work_before

GIB = 1 << 30
GOOD = Readings(
    system="Linux",
    architecture="x86_64",
    python=(3, 11),
    memory=8 * GIB,
    disk=50 * GIB,
    cache=Path("/cache"),
    work=Work.BUILD,
)


def test_nothing_is_said_of_a_good_machine() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"system": "Darwin", "architecture": "arm64"},
            (
                "This is not Linux\n"
                "  seen: Darwin\n"
                "  why:  A local cluster is made of Linux namespaces and control groups.\n"
                "  do:   Use a Linux machine or a virtual machine with Linux."
            ),
        ),
        (
            {"architecture": "aarch64"},
            (
                "Images cannot be built on this processor\n"
                "  seen: aarch64\n"
                "  why:  The packages that they are built from are pinned for x86_64 only.\n"
                "  do:   Set `images: pull` in the stack file, or use an x86_64 machine."
            ),
        ),
        (
            {"python": (3, 9)},
            (
                "This Python is too old\n"
                "  seen: 3.9\n"
                "  why:  The program needs 3.11 or newer.\n"
                "  do:   Install it (`apt-get install python3.11`) and run `make PYTHON=python3.11 up`."
            ),
        ),
        (
            {"memory": 4 * GIB},
            (
                "There is too little memory\n"
                "  seen: 4.0 GiB\n"
                "  why:  The cluster, its controllers and one model need 8 GiB.\n"
                "  do:   Use a machine with at least 8 GiB."
            ),
        ),
        (
            {"disk": 10 * GIB},
            (
                "/cache: There is too little room on the disk\n"
                "  seen: 10.0 GiB free\n"
                "  why:  34 GiB are needed for building every tool and image once.\n"
                "  do:   Make room, or name a folder on a larger disk in KSERVE_PLATFORM_CACHE."
            ),
        ),
        (
            {"disk": 10 * GIB, "work": Work.PULL},
            (
                "/cache: There is too little room on the disk\n"
                "  seen: 10.0 GiB free\n"
                "  why:  14 GiB are needed for the tools, and the images that the cluster pulls.\n"
                "  do:   Make room, or name a folder on a larger disk in KSERVE_PLATFORM_CACHE."
            ),
        ),
        (
            {"architecture": "aarch64", "work": Work.EXAMPLE},
            (
                "Images cannot be built on this processor\n"
                "  seen: aarch64\n"
                "  why:  The packages that they are built from are pinned for x86_64 only.\n"
                "  do:   Serve a model from storage instead of the example, or use an x86_64 machine."
            ),
        ),
        (
            {"disk": 10 * GIB, "work": Work.EXAMPLE},
            (
                "/cache: There is too little room on the disk\n"
                "  seen: 10.0 GiB free\n"
                "  why:  18 GiB are needed for the tools, the images that the cluster pulls, and those of "
                "the example.\n"
                "  do:   Make room, or name a folder on a larger disk in KSERVE_PLATFORM_CACHE."
            ),
        ),
        (
            {"disk": 1 * GIB, "work": Work.WARM},
            (
                "/cache: There is too little room on the disk\n"
                "  seen: 1.0 GiB free\n"
                "  why:  4 GiB are needed for a cluster and its state.\n"
                "  do:   Make room, or name a folder on a larger disk in KSERVE_PLATFORM_CACHE."
            ),
        ),
    ],
)
def test_each_lack_is_said_with_what_to_do(change: dict[str, object], text: str) -> None:
    assert render_problems(problems(replace(GOOD, **change))) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "aarch64", "work": Work.PULL},
        {"python": (3, 13)},
        {"memory": int(7.7 * GIB)},
        {"disk": 10 * GIB, "cached": 26 * GIB},
        {"disk": 5 * GIB, "work": Work.WARM},
    ],
)
def test_what_is_enough_is_enough(change: dict[str, object]) -> None:
    assert problems(replace(GOOD, **change)) == []  # type: ignore[arg-type]


def test_a_full_cache_still_needs_room_for_a_cluster() -> None:
    (problem,) = problems(replace(GOOD, disk=GIB, cached=60 * GIB))
    assert problem.why == "4 GiB are needed for building every tool and image once."


def test_all_lacks_are_told_together_in_one_order() -> None:
    engine, port = Problem(what="no engine"), Problem(what="no port")
    found = problems(replace(GOOD, memory=GIB, engine=(engine,), ports=(port,)))
    assert [problem.what for problem in found] == ["no engine", "There is too little memory", "no port"]


def test_a_taken_port_is_read_with_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        readings = read(Cache(tmp_path / "not" / "yet"), Work.WARM, [port])
    (problem,) = readings.ports
    assert problem.what == f"Port {port} of 127.0.0.1 is taken"
    assert not (tmp_path / "not").exists()


def test_this_machine_is_read(tmp_path: Path) -> None:
    readings = read(Cache(tmp_path), Work.WARM)
    assert readings.system == "Linux"
    assert readings.python >= (3, 11)
    assert min(readings.memory, readings.disk) > 0


def test_a_prepared_store_means_that_nothing_is_left_to_build(cache: Cache) -> None:
    assert work_before(cache, Building.EVERYTHING) is Work.BUILD
    cache.folder("stores", "key")
    assert work_before(cache, Building.EVERYTHING) is Work.WARM


def test_a_store_that_was_prepared_once_saves_who_pulls_nothing(cache: Cache) -> None:
    cache.folder("stores", "key")
    assert work_before(cache, Building.NOTHING) is Work.PULL
    assert work_before(cache, Building.EXAMPLE) is Work.EXAMPLE
