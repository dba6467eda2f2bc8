"""Machines that cannot run containers are told so, each in one problem."""

from __future__ import annotations

import dataclasses

from machine.docker.preflight import MachineFacts, problems

ALL = (1 << 41) - 1
GOOD = MachineFacts(root=True, capabilities=ALL, missing_controllers=(), longest_socket=50)


def _told(**changed: object) -> str:
    return "\n\n".join(str(each) for each in problems(dataclasses.replace(GOOD, **changed)))  # type: ignore[arg-type]


def test_a_fitting_machine_has_no_problem() -> None:
    assert problems(GOOD) == []


def test_without_root_there_is_one_problem_whatever_else_is_missing() -> None:
    assert _told(root=False, missing_controllers=("cpu",)) == (
        "There is no Docker Engine, and without root this project cannot start one\n"
        "  why:  A local cluster runs in containers; no engine answers `docker version`.\n"
        "  do:   Start Docker so that `docker version` answers for your user, or run this as root."
    )


def test_root_without_its_powers_is_told_so() -> None:
    assert _told(capabilities=ALL & ~(1 << 21)) == (
        "This root user may not make namespaces and mounts\n"
        "  why:  CAP_SYS_ADMIN is not in the bounding set: this is a container without privileges.\n"
        "  do:   Run on a machine or in a privileged container, or pass in a Docker socket from outside."
    )


def test_missing_control_groups_are_named() -> None:
    assert _told(missing_controllers=("memory", "pids")) == (
        "Control groups are missing\n"
        "  seen: memory, pids\n"
        "  why:  A Kubernetes node cannot start without these controllers.\n"
        "  do:   Mount them (`mount -t cgroup2 none /sys/fs/cgroup`), or use a machine that does."
    )


def test_a_cache_too_deep_for_sockets_is_refused() -> None:
    assert _told(longest_socket=108) == (
        "The cache's path is too long for the engine's sockets\n"
        "  seen: 108 bytes\n"
        "  why:  A socket's path has at most 107 bytes.\n"
        "  do:   Name a shorter folder in KSERVE_PLATFORM_CACHE."
    )


def test_the_shim_is_needed_only_where_the_capability_is_missing() -> None:
    assert GOOD.may_raise_limits
    assert not dataclasses.replace(GOOD, capabilities=ALL & ~(1 << 24)).may_raise_limits
