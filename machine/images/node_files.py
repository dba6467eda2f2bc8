"""Files of a node that are ours or that are made from kind's: pure functions of text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from components.errors import PlatformError
from machine.images import tree
from machine.images.tree import Entry

_CNI_TEMPLATE = "/etc/containerd/cni.conflist.template"

_BASE_SPEC = """#!/bin/sh
# The container spec that every pod starts from: containerd's own, without its limit of 1024 open files,
# and with kind's hook that hides the machine's product name.
set -eu
ctr oci spec |
    jq '.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' \\
        >/etc/containerd/cri-base.json
"""

_SERVICE_NETWORK = "10.96.0.0/16"  # kind's own
_UNKNOWN_SERVICES = f"""#!/bin/sh
# Pods start here before kube-proxy has written its rules. A connection to a service that began then would
# stay without them for two minutes, for the kernel remembers it; a dropped packet is forgotten, and sent
# again. kube-proxy puts its own rules before this one.
set -eu
rule="FORWARD -d {_SERVICE_NETWORK} -m conntrack --ctstate NEW -j DROP"
iptables-nft -w -C $rule 2>/dev/null || iptables-nft -w -A $rule
"""


def containerd_config(text: str, pause: str) -> str:
    """Kind's containerd settings, fitted to containerd 1.6 and to images that are there already.

    Args:
        text: config.toml of kind's node image.
        pause: Full reference of the image that holds a pod's namespaces.

    Raises:
        PlatformError: The file is not the one that this was written for.
    """
    text = _replace(text, r'sandbox_image = "[^"]*"', f'sandbox_image = "{pause}"')
    # Lowering it needs CAP_SYS_RESOURCE, which the node lacks where the machine does.
    text = _replace(text, r"restrict_oom_score_adj = false", "restrict_oom_score_adj = true")
    # The kubelet tells containerd the node's part of the pod network; each node then writes its own.
    cni = f'[plugins."io.containerd.grpc.v1.cri".cni]\n  conf_template = "{_CNI_TEMPLATE}"\n'
    return f"{text.rstrip()}\n\n{cni}"


def storage_manifest(source: str, provisioner: str) -> str:
    """Kind's default storage manifest, out of the Go file that holds it.

    Args:
        source: pkg/build/nodeimage/const_storage.go.
        provisioner: Full reference of the image for the provisioner and for the pods that make folders.

    Raises:
        PlatformError: The file does not hold a manifest.
    """
    found = re.search(r"const defaultStorageManifest = `\n(.*)`\s*$", source, re.DOTALL)
    if found is None:
        raise _changed("const defaultStorageManifest")
    return re.sub(r"` \+ storage(?:Provisioner|Helper)Image \+ `", provisioner, found.group(1))


def own_files() -> Iterator[Entry]:
    """Files that kind's image has no need of, because it was built by running programs in it."""
    yield tree.program("kind/bin/write-base-spec.sh", _BASE_SPEC)
    yield tree.program("kind/bin/drop-unknown-services.sh", _UNKNOWN_SERVICES)
    yield tree.file(
        "etc/systemd/system/containerd.service.d/10-own.conf",
        "[Service]\nExecStartPre=/kind/bin/write-base-spec.sh\nExecStartPre=/kind/bin/drop-unknown-services.sh\n",
    )
    yield tree.file("etc/systemd/journald.conf.d/10-kind.conf", "[Journal]\nReadKMsg=no\n")
    yield tree.file(_CNI_TEMPLATE, json.dumps(_network(), indent=2) + "\n")


def _network() -> dict[str, object]:
    """A bridge with addresses from the node's part of the pod network, and host ports."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": "{{.PodCIDR}}"}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge, ports]}


def _replace(text: str, pattern: str, replacement: str) -> str:
    changed, count = re.subn(pattern, replacement, text)
    if count != 1:
        raise _changed(pattern)
    return changed


def _changed(seen: str) -> PlatformError:
    return PlatformError.single(
        "kind's node files are not as expected", seen=seen, why="Another version of kind's module is pinned."
    )
