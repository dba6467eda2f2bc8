"""Ports of the machine: a taken one is told with who has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.errors import PlatformError
from machine.docker import ports
from machine.docker.ports import free_port, holder, listen, require_free


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()
    require_free(port)
    with listen(port) as listener:
        assert listener.getsockname() == ("127.0.0.1", port)


def test_a_free_port_is_none_that_the_kernel_gives_by_chance() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert 20_000 <= free_port() < min(30_000, lowest)


@pytest.mark.parametrize("lowest", [1024, 20_000])
def test_where_the_kernel_gives_any_port_by_chance_one_of_its_own_must_do(
    lowest: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "range").write_text(f"{lowest}\t65535\n")
    monkeypatch.setattr(ports, "_KERNELS", tmp_path / "range")
    port = free_port()
    assert port >= int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def test_a_taken_port_is_refused_with_its_holder() -> None:
    with listen(0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PlatformError) as refused:
            require_free(port)
    name = Path("/proc/self/comm").read_text().strip()
    assert str(refused.value) == (
        f"Port {port} of 127.0.0.1 is taken\n"
        f"  seen: {name} (pid {os.getpid()})\n"
        "  why:  The cluster is reached through it.\n"
        "  do:   Stop that program, or choose another port in the stack file."
    )


def test_a_port_nobody_has_has_no_holder() -> None:
    assert holder(free_port()) is None
