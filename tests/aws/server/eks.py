"""EKS, as far as moto has none: a double of its rules, and of what it makes in the user's account.

Clusters and node groups themselves are moto's. The rest was written from the EKS user guide and API
reference: clusters and machines take their time; machines join only where they can pull images and where the
add-ons are that give them addresses; pods of add-ons need machines; who may do what is entries; interfaces of
a cluster and of its machines go only while their role can remove them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from tests.aws.server import eks_access, eks_addons, eks_clusters, eks_machines
from tests.aws.server.eks_world import Row, World
from tests.aws.server.wire import Reply, Request, told

Handler = Callable[..., Reply]

_CLUSTER = r"/clusters/([^/]+)"
_ROUTES: tuple[tuple[str, Mapping[str, Handler]], ...] = (
    (r"/clusters", {"POST": eks_clusters.create_cluster}),
    (_CLUSTER, {"GET": eks_clusters.describe_cluster, "DELETE": eks_clusters.delete_cluster}),
    (rf"{_CLUSTER}/update-config", {"POST": eks_clusters.update_cluster}),
    (rf"{_CLUSTER}/updates", {"POST": eks_clusters.upgrade_cluster}),
    (rf"{_CLUSTER}/node-groups", {"POST": eks_machines.create_group}),
    (
        rf"{_CLUSTER}/node-groups/([^/]+)",
        {"GET": eks_machines.describe_group, "DELETE": eks_machines.delete_group},
    ),
    (rf"{_CLUSTER}/node-groups/([^/]+)/update-version", {"POST": eks_machines.upgrade_group}),
    (rf"{_CLUSTER}/addons", {"POST": eks_addons.create_addon}),
    (
        rf"{_CLUSTER}/addons/([^/]+)",
        {"GET": eks_addons.describe_addon, "DELETE": eks_addons.delete_addon},
    ),
    (rf"{_CLUSTER}/addons/([^/]+)/update", {"POST": eks_addons.update_addon}),
    (rf"{_CLUSTER}/access-entries", {"POST": eks_access.create_entry}),
    (
        rf"{_CLUSTER}/access-entries/([^/]+)",
        {"GET": eks_access.describe_entry, "DELETE": eks_access.delete_entry},
    ),
    (
        rf"{_CLUSTER}/access-entries/([^/]+)/access-policies",
        {"GET": eks_access.allowed, "POST": eks_access.allow},
    ),
    (rf"{_CLUSTER}/access-entries/([^/]+)/access-policies/([^/]+)", {"DELETE": eks_access.disallow}),
    (rf"{_CLUSTER}/pod-identity-associations", {"POST": eks_access.bind}),
    (
        rf"{_CLUSTER}/pod-identity-associations/([^/]+)",
        {"GET": eks_access.describe_binding, "POST": eks_access.rebind, "DELETE": eks_access.unbind},
    ),
)


def answer(eks: World, request: Request) -> Reply:
    """Answer a request of EKS's.

    Raises:
        Refusal: EKS would refuse it.
    """
    target = urlsplit(request.target).path
    for pattern, methods in _ROUTES:
        found = re.fullmatch(pattern, target)
        if found and request.method in methods:
            return methods[request.method](eks, request, *map(unquote, found.groups()))
    if target.startswith("/tags/"):
        for row in eks.rows():
            if unquote(target.removeprefix("/tags/")) in _arns(row):
                return _retag(row, request)
    return eks.forward(request)


def _arns(row: Row) -> set[str]:
    return {
        row[key] for key in ("accessEntryArn", "addonArn", "associationArn", "nodegroupArn") if key in row
    }


def _retag(row: Row, request: Request) -> Reply:
    tags = dict(row.get("tags", {}))
    if request.method == "POST":
        tags |= request.document["tags"]
    for key in parse_qs(urlsplit(request.target).query).get("tagKeys", []):
        tags.pop(key, None)
    row["tags"] = tags
    return told({})
