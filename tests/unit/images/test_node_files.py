"""The node's own files, and kind's fitted to it."""

from __future__ import annotations

import json

import pytest

from components.errors import PlatformError
from machine.images import node_files
from machine.images.tree import Entry

CONFIG = """version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  restrict_oom_score_adj = false
"""
STORAGE = """package nodeimage
const defaultStorageManifest = `
kind: Deployment
image: ` + storageProvisionerImage + `
helper: ` + storageHelperImage + `
`
"""


def own_files() -> dict[str, Entry]:
    return {entry.path: entry for entry in node_files.own_files()}


def test_containerd_uses_the_pause_image_that_is_there_and_a_network_of_the_node() -> None:
    text = node_files.containerd_config(CONFIG, "registry.k8s.io/pause:3.10.1")

    assert text == (
        "version = 2\n"
        '[plugins."io.containerd.grpc.v1.cri"]\n'
        '  sandbox_image = "registry.k8s.io/pause:3.10.1"\n'
        "  restrict_oom_score_adj = true\n"
        "\n"
        '[plugins."io.containerd.grpc.v1.cri".cni]\n'
        '  conf_template = "/etc/containerd/cni.conflist.template"\n'
    )


def test_settings_of_another_version_of_kind_are_refused() -> None:
    with pytest.raises(PlatformError) as caught:
        node_files.containerd_config("version = 3\n", "pause")

    assert str(caught.value) == (
        "kind's node files are not as expected\n"
        '  seen: sandbox_image = "[^"]*"\n'
        "  why:  Another version of kind's module is pinned."
    )


def test_the_storage_manifest_names_the_provisioner_that_is_there() -> None:
    assert node_files.storage_manifest(STORAGE, "example.com/provisioner:v1") == (
        "kind: Deployment\nimage: example.com/provisioner:v1\nhelper: example.com/provisioner:v1\n"
    )


def test_a_source_without_a_storage_manifest_is_refused() -> None:
    with pytest.raises(PlatformError) as caught:
        node_files.storage_manifest("package nodeimage\n", "example.com/provisioner:v1")

    assert caught.value.problems[0].seen == "const defaultStorageManifest"


def test_the_network_takes_its_addresses_from_the_node_s_part_of_the_pod_network() -> None:
    source = own_files()["etc/containerd/cni.conflist.template"].source
    assert isinstance(source, bytes)
    bridge, ports = json.loads(source)["plugins"]

    assert bridge["ipam"]["ranges"] == [[{"subnet": "{{.PodCIDR}}"}]]
    assert (bridge["type"], ports["type"]) == ("bridge", "portmap")


def test_containerd_starts_after_the_scripts_that_prepare_the_node() -> None:
    files = own_files()
    source = files["etc/systemd/system/containerd.service.d/10-own.conf"].source
    assert isinstance(source, bytes)
    scripts = [line.removeprefix("ExecStartPre=/") for line in source.decode().splitlines()[1:]]

    assert scripts == ["kind/bin/write-base-spec.sh", "kind/bin/drop-unknown-services.sh"]
    assert [files[script].mode for script in scripts] == [0o755, 0o755]
