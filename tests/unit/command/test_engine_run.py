"""How the engine's process is started; `pulumi` is a double that tells which signals it ignores."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from command.engine.run import run_engine

_DOUBLE = "#!/bin/sh\nexec grep SigIgn /proc/self/status\n"


@pytest.fixture
def interrupts_ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts_ignored")
def test_the_engine_heeds_interrupts_also_where_this_process_was_started_without(tmp_path: Path) -> None:
    double = tmp_path / "pulumi"
    double.write_text(_DOUBLE)
    double.chmod(0o755)
    lines: list[str] = []

    outcome = run_engine(
        ["up"],
        variables={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        log=tmp_path / "logs" / "up.log",
        session_file=tmp_path / "session.json",
        on_line=lines.append,
        on_stopping=lines.append,
    )

    assert outcome.status == 0
    ignored = int(lines[0].split()[1], 16)
    assert not ignored & (1 << (signal.SIGINT - 1))
