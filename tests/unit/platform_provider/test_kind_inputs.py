"""What a kind cluster may be asked to be: each mistake has its own words."""

from __future__ import annotations

from typing import Any

import pytest

from providers.platform.fields import InputsRefused
from providers.platform.kind.inputs import KindInputs, Node, PortMapping, read_inputs

GOOD: dict[str, Any] = {
    "name": "kserve-platform-local",
    "kubernetesVersion": "1.34.4",
    "nodeImage": "docker.io/kindest/node:v1.34.4",
    "imageStore": "1987b855a40f2d44",
    "nodes": [
        {"role": "control-plane", "extraPortMappings": [{"hostPort": 8080, "containerPort": 30080}]},
        {"role": "worker", "labels": {"disk": "fast"}},
        {"role": "worker"},
    ],
}


PORTS = "must be a whole number from 1 to 65535"
KNOWN_OF_A_NODE = "role, labels, extraPortMappings, extraMounts"
KNOWN = "name, kubernetesVersion, nodeImage, imageStore, loadedImages, nodes, apiServerPort, network"
DIGEST = f"sha256:{'1' * 64}"


def _plane(**more: Any) -> dict[str, Any]:
    return {"nodes": [{"role": "control-plane", **more}]}


def _refusals(**changed: Any) -> dict[str, str]:
    with pytest.raises(InputsRefused) as refused:
        read_inputs({**GOOD, **changed})
    return {each.property: each.reason for each in refused.value.refusals}


def test_good_inputs_are_read_with_their_defaults() -> None:
    read = read_inputs(GOOD)
    assert read == KindInputs(
        name="kserve-platform-local",
        kubernetes_version="1.34.4",
        node_image="docker.io/kindest/node:v1.34.4",
        image_store="1987b855a40f2d44",
        loaded_images={},
        nodes=(
            Node("control-plane", {}, (PortMapping(8080, 30080),), ()),
            Node("worker", {"disk": "fast"}, (), ()),
            Node("worker", {}, (), ()),
        ),
        api_server_port=None,
        network="kindnet",
        low_requests=False,
        registry_mirrors={},
    )


def test_images_to_load_are_read_by_name_and_digest() -> None:
    loaded = {"kind.local/kserve-platform/torchserve:0.12.0": DIGEST, "localhost.local:5000/a:v1": DIGEST}
    assert read_inputs({**GOOD, "loadedImages": loaded}).loaded_images == loaded


def test_nodes_are_called_as_kind_calls_them() -> None:
    assert read_inputs(GOOD).node_names() == (
        "kserve-platform-local-control-plane",
        "kserve-platform-local-worker",
        "kserve-platform-local-worker2",
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "A"}, {"name": 'must be 1 to 46 of a-z, 0-9, . and -, is "A"'}),
        ({"name": "x" * 47}, {"name": f'must be 1 to 46 of a-z, 0-9, . and -, is "{"x" * 47}"'}),
        (
            {"kubernetesVersion": "1.34"},
            {"kubernetesVersion": 'must be an exact version such as "1.34.4", is "1.34"'},
        ),
        (
            {"kubernetesVersion": 1.34},
            {"kubernetesVersion": 'must be an exact version such as "1.34.4", is 1.34'},
        ),
        (
            {"nodeImage": "kindest/node"},
            {"nodeImage": 'must be an image with a tag or digest, is "kindest/node"'},
        ),
        ({"imageStore": "../x"}, {"imageStore": 'must be the key of a prepared store, is "../x"'}),
        (
            {"loadedImages": {"a/b:1": DIGEST}},
            {"loadedImages.a/b:1": "must be named by a full reference with a tag"},
        ),
        (
            {"loadedImages": {"kind.local/b": DIGEST}},
            {"loadedImages.kind.local/b": "must be named by a full reference with a tag"},
        ),
        (
            {"loadedImages": {"kind.local/b:1": "sha256:1"}},
            {"loadedImages.kind.local/b:1": 'must be a digest (sha256:...), is "sha256:1"'},
        ),
        ({"loadedImages": ["a"]}, {"loadedImages": "must map texts to texts, is ['a']"}),
        ({"nodes": []}, {"nodes": "must hold exactly one control-plane, holds 0"}),
        ({"nodes": "one"}, {"nodes": "must hold exactly one control-plane, holds 0"}),
        ({"nodes": [{"role": "master"}]}, {"nodes[0].role": 'must be control-plane or worker, is "master"'}),
        (
            {"nodes": [{"role": "control-plane"}, {"role": "control-plane"}]},
            {"nodes": "must hold exactly one control-plane, holds 2"},
        ),
        (
            {"nodes": [{"role": "control-plane", "taints": []}]},
            {
                "nodes[0].taints": f"is not known here; known are {KNOWN_OF_A_NODE}",
            },
        ),
        (
            _plane(extraPortMappings=[{"hostPort": 0, "containerPort": "80"}]),
            {
                "nodes[0].extraPortMappings[0].hostPort": f"{PORTS}, is 0",
                "nodes[0].extraPortMappings[0].containerPort": f'{PORTS}, is "80"',
            },
        ),
        (
            _plane(extraMounts=[{"hostPath": "data", "containerPath": "/d"}]),
            {"nodes[0].extraMounts[0].hostPath": 'must be an absolute path, is "data"'},
        ),
        (
            {"nodes": [{"role": "control-plane", "labels": {"a": 1}}]},
            {"nodes[0].labels": "must map texts to texts, is {'a': 1}"},
        ),
        ({"apiServerPort": 8080}, {"nodes": "port 8080 of 127.0.0.1 is given away twice"}),
        ({"apiServerPort": True}, {"apiServerPort": f"{PORTS}, is True"}),
        ({"network": "calico"}, {"network": 'must be kindnet or bridge, is "calico"'}),
        ({"lowRequests": "yes"}, {"lowRequests": 'must be true or false, is "yes"'}),
        (
            {"registryMirrors": {"docker.io": ["mirror.example"]}},
            {"registryMirrors.docker.io": "must be a list of http:// or https:// addresses"},
        ),
        (
            {"kubernetesversion": "1.34.4"},
            {"kubernetesversion": f"is not known here; known are {KNOWN}, lowRequests, registryMirrors"},
        ),
    ],
)
def test_each_mistake_is_told_exactly(changed: dict[str, Any], told: dict[str, str]) -> None:
    refusals = _refusals(**changed)
    assert {name: refusals[name] for name in told} == told


def test_all_mistakes_are_told_at_once() -> None:
    assert set(_refusals(name="A", nodeImage="x", network="y")) == {"name", "nodeImage", "network"}
