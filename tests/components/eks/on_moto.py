"""The double of the engine with moto behind it: what a program registers is made, and ids flow."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.api import Api
from tests.aws.by_eks import scaling_group, security_group
from tests.aws.kinds.table import KINDS
from tests.components.eks.aws_requests import OPERATIONS
from tests.components.mocks import Registration

# What this project asks of AWS and moto 5.2.5 does not know, by operation. Its EKS has clusters and node
# groups only. What such an operation is asked with is held against AWS's models (level 2) all the same, and
# level 4 has a double of each.
LACKING: Mapping[str, str] = {
    "AssociateAccessPolicy": "moto's EKS has no access entries, so nothing to give a policy to",
    "CreateAccessEntry": "moto's EKS has no access entries",
    "CreateAddon": "moto's EKS has no add-ons",
    "CreatePodIdentityAssociation": "moto's EKS has no Pod Identity",
}

_NOT_THERE = "Not yet implemented"


@dataclass
class OnMoto:
    """Makes AWS's resources on moto.

    Attributes:
        aws: The API.
        made: Id and state of each resource that moto has made, by type and logical name, the first one first.
        lacking: The operations that moto did not know, by type.
    """

    aws: Api
    made: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)

    def make(self, found: Registration) -> tuple[str, Mapping[str, Any]]:
        """Make a resource; one that moto does not know gets an id and nothing more.

        Raises:
            ClientError: Moto refuses it.
        """
        if found.type not in KINDS:
            return f"id-of-{found.name}", {}
        kind = KINDS[found.type]
        with self._one_by_one:
            try:
                made = kind.create(_WithEks(self.aws), found.name, found.inputs)
            except ClientError as error:
                if error.response["Error"]["Message"] != _NOT_THERE:
                    raise
                self.lacking[found.type] = OPERATIONS[found.type].name
                return f"id-of-{found.name}", {}
        self.made[found.type, found.name] = made.id, {**found.inputs, **made.outputs}
        return made.id, made.outputs

    def look(self) -> dict[tuple[str, str], dict[str, Any] | None]:
        """What moto has of each resource that it made."""
        return {
            which: KINDS[which[0]].read(_WithEks(self.aws), key, state)
            for which, (key, state) in self.made.items()
        }

    def remove(self) -> None:
        """Remove all of it, the last one first.

        Raises:
            ClientError: Moto refuses it.
        """
        for (kind, _), (key, state) in reversed(self.made.items()):
            KINDS[kind].delete(self.aws, key, state)


@dataclass(frozen=True)
class _WithEks:
    """Moto, and what EKS makes by itself."""

    aws: Api

    def __call__(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        answer = self.aws(service, operation, **request)
        if operation == "DescribeNodegroup":
            group = answer["nodegroup"]
            group["resources"] = {"autoScalingGroups": [{"name": scaling_group(self.aws, group)}]}
        if operation == "DescribeCluster":
            cluster = answer["cluster"]
            cluster["resourcesVpcConfig"]["clusterSecurityGroupId"] = security_group(self.aws, cluster)
        return answer
