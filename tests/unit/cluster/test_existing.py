"""An existing cluster is entered by the kubeconfig that the stack names, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.cluster.existing import read_kubeconfig
from components.errors import PlatformError
from components.settings.cluster import ExistingSettings


def _settings(file: Path) -> ExistingSettings:
    return ExistingSettings(provider="existing", context="prod", kubeconfig=str(file))


def test_the_named_kubeconfig_is_read(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("kind: Config\n")
    assert read_kubeconfig(_settings(tmp_path / "config")) == "kind: Config\n"


def test_a_missing_kubeconfig_is_told_under_its_key(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as refused:
        read_kubeconfig(_settings(tmp_path / "config"))
    assert str(refused.value) == (
        "kserve-platform:cluster.kubeconfig: The kubeconfig cannot be read\n"
        f"  seen: {tmp_path}/config\n"
        "  why:  No such file or directory\n"
        "  do:   Name the kubeconfig of the cluster to install on."
    )
