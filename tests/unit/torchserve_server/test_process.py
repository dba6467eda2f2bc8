"""Supervision, with a double of TorchServe that is a few lines of shell."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from servers.torchserve.problems import BackendLost
from servers.torchserve.torchserve_process import TorchServeProcess
from tests.unit.torchserve_server.backend_double import TorchServeDouble, backend_over, run


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed child of a shell that is gone stays a zombie where nobody reaps it.
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


async def appeared(path: Path) -> str:
    async with asyncio.timeout(20):
        while not (path.exists() and path.read_text().endswith("\n")):
            await asyncio.sleep(0.01)
    return path.read_text().strip()


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(BackendLost) as caught:
        run(TorchServeProcess.start(["/nowhere/bin/java"]))
    assert str(caught.value) == "TorchServe cannot be started: /nowhere/bin/java: No such file or directory"


def test_it_is_ready_when_every_model_has_a_loaded_worker() -> None:
    async def work() -> list[str]:
        double = TorchServeDouble(workers=())
        seen: list[str] = []
        async with backend_over(double) as backend:
            process = await TorchServeProcess.start(shell("exec sleep 60"))
            waiting = asyncio.ensure_future(process.wait_ready(backend, 20))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            seen.append("early" if done else "waiting")
            double.workers = ("READY",)
            await waiting
            seen.append("ready")
            await process.stop(5)
        return seen

    assert run(work()) == ["waiting", "ready"]


def test_one_that_ends_before_its_models_are_loaded_is_lost() -> None:
    async def work() -> None:
        async with backend_over(TorchServeDouble(workers=())) as backend:
            process = await TorchServeProcess.start(shell("exit 7"))
            await process.wait_ready(backend, 20)

    with pytest.raises(BackendLost) as caught:
        run(work())
    assert str(caught.value) == "TorchServe ended with status 7 before its models were loaded"


def test_models_that_are_not_loaded_in_time_are_named() -> None:
    async def work() -> None:
        async with backend_over(TorchServeDouble(), models=("mnist", "unloaded")) as backend:
            process = await TorchServeProcess.start(shell("exec sleep 60"))
            try:
                await process.wait_ready(backend, 0.2)
            finally:
                await process.stop(5)

    with pytest.raises(BackendLost) as caught:
        run(work())
    assert str(caught.value) == "no worker loaded unloaded within 0.2 s; its log is above"


def test_it_is_asked_to_end_before_it_is_killed(tmp_path: Path) -> None:
    async def work() -> int:
        script = f"trap 'exit 0' TERM; echo ready >{tmp_path}/up; while :; do sleep 0.05; done"
        process = await TorchServeProcess.start(shell(script))
        await appeared(tmp_path / "up")
        await process.stop(20)
        return process.ended.result()

    assert run(work()) == 0


def test_one_that_does_not_listen_is_killed_with_its_workers(tmp_path: Path) -> None:
    async def work() -> tuple[int, int]:
        worker = "(trap '' TERM; while :; do sleep 0.05; done) &"
        script = f"trap '' TERM; {worker} echo $! >{tmp_path}/worker; wait; while :; do sleep 0.05; done"
        process = await TorchServeProcess.start(shell(script))
        pid = int(await appeared(tmp_path / "worker"))
        await process.stop(0.2)
        async with asyncio.timeout(20):
            while alive(pid):
                await asyncio.sleep(0.01)
        return process.ended.result(), pid

    status, pid = run(work())
    assert status == -signal.SIGKILL
    assert not alive(pid)
