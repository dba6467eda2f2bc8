"""Who may use the cluster's API: named in access entries, nobody by having made it.

The aws-auth ConfigMap is deprecated: a wrong line in it locks everybody out, unseen by any AWS log.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.aws.questions import has_right, is_off
from policies.aws.view import View, ask, of
from policies.rule import Context, Finding, Level, Levels, Rule, Severity

CLUSTER = "aws:eks/cluster:Cluster"
MAPS = ("kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ConfigMapPatch")


_access_entries_only = has_right(
    ("accessConfig", "authenticationMode"),
    lambda mode: mode == "API",
    default="CONFIG_MAP",
    why="who may use the cluster would also be read from the aws-auth ConfigMap",
    fix="write API; a cluster that has changed to it cannot change back",
)
_nobody_is_admin_by_making_it = has_right(
    ("accessConfig", "bootstrapClusterCreatorAdminPermissions"),
    is_off,
    default=True,
    why="whoever creates the cluster stays its administrator, in no list that anybody reads",
    fix="write false, and give the deploying role an access entry",
)


def _no_config_map(view: View, _: Context) -> Iterator[Finding]:
    if view.get("metadata", "name") == "aws-auth" and view.get("metadata", "namespace") == "kube-system":
        yield view.wrong(
            "metadata.name",
            "aws-auth",
            why="it is deprecated, and one wrong line in it locks everybody out",
            fix="remove it, and write an aws.eks.AccessEntry for each of its lines",
        )


RULES = (
    Rule(
        id="eks-auth-api-only",
        title="Access to the cluster is given by access entries alone",
        severity=Severity.HIGH,
        levels=Levels(dev=Level.MANDATORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(CLUSTER, *MAPS),
        check=ask(
            of([CLUSTER], _access_entries_only),
            of([CLUSTER], _nobody_is_admin_by_making_it),
            of(MAPS, _no_config_map),
        ),
    ),
)
