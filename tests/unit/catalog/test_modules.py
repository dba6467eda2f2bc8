from __future__ import annotations

import re

from components.catalog.modules import KIND, KUBERNETES, KUBERNETES_STAGING, MODULES

_SUM = re.compile(r"h1:[A-Za-z0-9+/]{43}=")


def test_every_module_is_pinned_by_both_of_its_checksums() -> None:
    unpinned = [str(m) for m in MODULES if not (_SUM.fullmatch(m.sum) and _SUM.fullmatch(m.manifest_sum))]

    assert unpinned == []


def test_no_module_is_listed_twice() -> None:
    listed = [(module.path, module.version) for module in MODULES]

    assert len(listed) == len(set(listed))


def test_staging_modules_have_the_minor_version_of_kubernetes() -> None:
    assert {module.version for module in KUBERNETES_STAGING} == {KUBERNETES.version.replace("v1.", "v0.")}


def test_a_module_gives_its_lines_of_a_go_sum_file() -> None:
    assert KIND.sum_lines == (
        "sigs.k8s.io/kind v0.30.0 h1:2Xi1KFEfSMm0XDcvKnUt15ZfgRPCT0OnCBbpgh8DztY=\n"
        "sigs.k8s.io/kind v0.30.0/go.mod h1:FSqriGaoTPruiXWfRnUXNykF8r2t+fHtK0P0m1AbGF8=\n"
    )
