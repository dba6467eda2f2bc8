"""Programs of the engine are linked out of an unpacked root; the C library is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.docker.software import Software


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "usr/sbin/dockerd",
        "usr/sbin/runc",
        "usr/sbin/xtables-nft-multi",
        "usr/bin/containerd",
        "usr/lib/x86_64-linux-gnu/libnftnl.so.11",
        "usr/lib/x86_64-linux-gnu/libc.so.6",
        "usr/lib/x86_64-linux-gnu/xtables/libxt_MASQUERADE.so",
        "lib/x86_64-linux-gnu/libm.so.6",
    ):
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).touch()
    return tmp_path / "root"


def test_the_root_is_found_from_the_daemon(root: Path) -> None:
    assert Software.beside(root / "usr/sbin/dockerd").root == root


def test_the_firewall_programs_are_one_program_under_six_names(root: Path, tmp_path: Path) -> None:
    Software(root).lay_out(tmp_path)
    links = {link.name for link in (tmp_path / "bin").iterdir() if link.resolve().name == "xtables-nft-multi"}
    assert links >= {"iptables", "iptables-save", "iptables-restore", "ip6tables"}


def test_libraries_are_linked_but_for_the_machines_own_c_library(root: Path, tmp_path: Path) -> None:
    Software(root).lay_out(tmp_path)
    assert [link.name for link in (tmp_path / "lib").iterdir()] == ["libnftnl.so.11"]


def test_the_daemon_finds_programs_libraries_and_extensions(root: Path, tmp_path: Path) -> None:
    environment = Software(root).environment(tmp_path)
    assert environment["PATH"].startswith(f"{tmp_path}/bin:")
    assert environment["LD_LIBRARY_PATH"] == f"{tmp_path}/lib"
    assert environment["XTABLES_LIBDIR"] == f"{root}/usr/lib/x86_64-linux-gnu/xtables"


def test_laying_out_again_forgets_programs_that_are_gone(root: Path, tmp_path: Path) -> None:
    Software(root).lay_out(tmp_path)
    (root / "usr/bin/containerd").unlink()
    Software(root).lay_out(tmp_path)
    assert not (tmp_path / "bin" / "containerd").is_symlink()
