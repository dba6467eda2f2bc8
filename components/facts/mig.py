"""How GPUs can be cut into parts (NVIDIA MIG user guide, supported profiles; as of 2026-11-21)."""

from __future__ import annotations

from collections.abc import Mapping

# By GPU and the MiB of its memory that a table of instance types has, rounded to whole GiB.
_EIGHTY = ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")
PROFILES: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("nvidia-a100", 40): ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"),
    ("nvidia-a100", 80): _EIGHTY,
    ("nvidia-h100", 80): _EIGHTY,
    ("nvidia-h200", 141): ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "4g.71gb", "7g.141gb"),
    ("nvidia-b200", 179): ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "4g.90gb", "7g.180gb"),
    ("nvidia-rtx-pro-6000", 96): ("1g.24gb", "2g.48gb", "4g.96gb"),
}

# Whose GPUs Bottlerocket's MIG manager cuts, and how it calls them; the memory follows, e.g. a100.40gb
# (README of bottlerocket-core-kit's nvidia-migmanager). Of later ones nobody wrote down how they are called.
BOTTLEROCKET: Mapping[str, str] = {"nvidia-a100": "a100", "nvidia-h100": "h100", "nvidia-h200": "h200"}


def profiles_of(name: str, memory_mib: int) -> tuple[str, ...]:
    """Profiles of a GPU; none where they are not known here, which is no reason to refuse one."""
    return PROFILES.get((name, round(memory_mib / 1024)), ())


def parts_of(profile: str, memory_mib: int) -> int:
    """Parts of one profile that a GPU is cut into: it has seven slices of compute, and its memory.

    Args:
        profile: E.g. 1g.10gb: one slice of compute, 10 GB.
        memory_mib: Memory of the GPU, MiB.
    """
    slices, _, memory = profile.removesuffix("gb").partition("g.")
    # NVIDIA's names round: two of 3g.71gb are in 141 GB.
    return min(7 // int(slices), round(memory_mib / 1024 / int(memory)))
