"""Settings of a kind cluster to the inputs of its resource."""

from __future__ import annotations

import json
from typing import Any

from components.cluster.images import PreparedImages
from components.cluster.kind import cluster_name, kind_inputs
from components.settings.cluster import KindSettings

BUILT = PreparedImages("build", "docker.io/kindest/node:v1.34.4", "k1")


def _inputs(images: PreparedImages = BUILT, **settings: Any) -> dict[str, Any]:
    read = KindSettings.model_validate_json(json.dumps({"provider": "kind", **settings}))
    return kind_inputs(read, "local", images, low_requests=True)


def test_the_default_stack_is_one_node_with_its_ingress() -> None:
    assert _inputs() == {
        "name": "kserve-platform-local",
        "kubernetesVersion": "1.34.4",
        "nodeImage": "docker.io/kindest/node:v1.34.4",
        "imageStore": "k1",
        "loadedImages": None,
        "nodes": [
            {
                "role": "control-plane",
                "labels": {},
                "extraMounts": [],
                "extraPortMappings": [{"hostPort": 8080, "containerPort": 30080}],
            }
        ],
        "apiServerPort": None,
        "network": "bridge",
        "lowRequests": True,
        "registryMirrors": {},
    }


def test_pulled_images_come_with_kinds_own_network_and_node() -> None:
    inputs = _inputs(PreparedImages("pull"), kubernetesVersion="1.33.4")
    assert inputs["nodeImage"] == "docker.io/kindest/node:v1.33.4"
    assert inputs["network"] == "kindnet"
    assert inputs["imageStore"] is None


def test_what_no_registry_has_is_loaded_beside_pulled_images() -> None:
    loaded = {"kind.local/a:1": f"sha256:{'1' * 64}"}
    assert _inputs(PreparedImages("pull", loaded=loaded))["loadedImages"] == loaded


def test_every_node_has_the_mounts_and_the_control_plane_the_ports() -> None:
    inputs = _inputs(
        nodes=[{"role": "control-plane"}, {"role": "worker", "labels": {"disk": "fast"}}],
        portMappings=[{"hostPort": 9000, "containerPort": 30090}],
        mounts=[{"hostPath": "/models", "containerPath": "/models", "readOnly": True}],
    )
    plane, worker = inputs["nodes"]
    assert [each["hostPort"] for each in plane["extraPortMappings"]] == [8080, 9000]
    assert worker["extraPortMappings"] == []
    assert worker["labels"] == {"disk": "fast"}
    mount = {"hostPath": "/models", "containerPath": "/models", "readOnly": True}
    assert plane["extraMounts"] == worker["extraMounts"] == [mount]


def test_of_several_control_planes_the_first_has_the_ports() -> None:
    nodes = _inputs(nodes=[{"role": role} for role in ("worker", "control-plane", "control-plane")])["nodes"]

    assert [len(node["extraPortMappings"]) for node in nodes] == [0, 1, 0]


def test_stacks_have_clusters_of_their_own() -> None:
    assert cluster_name("local") != cluster_name("other")
