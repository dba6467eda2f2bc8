"""How pods become IAM roles: EKS Pod Identity, or an OIDC provider and annotated service accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.documents import trust_pods, trust_service_account
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.eks.roles import Role


@dataclass(frozen=True, kw_only=True)
class Args:
    """What identity needs.

    Attributes:
        cluster: Name of the cluster, as its resource gives it.
        cluster_arn: Its ARN.
        issuer: URL of its OIDC issuer.
        irsa: Trust service accounts by OIDC instead of Pod Identity.
    """

    cluster: pulumi.Input[str]
    cluster_arn: pulumi.Output[str]
    issuer: pulumi.Output[str]
    irsa: bool


class Identity(Part):
    """The way of a cluster's pods to roles.

    Attributes:
        irsa: Whether service accounts must be annotated with their role.
    """

    def __init__(self, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Identity", "identity", place, opts)
        self._args = args
        self.irsa = args.irsa
        self._issued = self._oidc() if args.irsa else None
        self.register_outputs({})

    def _oidc(self) -> aws.iam.OpenIdConnectProvider:
        return aws.iam.OpenIdConnectProvider(
            "oidc",
            url=self._args.issuer,
            client_id_lists=["sts.amazonaws.com"],
            tags=self._place.tagged("oidc"),
            opts=self._options(),
        )

    def role(
        self,
        purpose: str,
        namespace: str,
        service_account: str,
        *,
        managed: tuple[str, ...] = (),
        inline: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> Role:
        """A role that one service account's pods can take.

        Args:
            purpose: What it is for; part of its name.
            namespace: Namespace of the service account.
            service_account: Its name.
            managed: AWS's own policies that it has.
            inline: Policies of its own, by name.
        """
        if self._issued is None:
            trust = self._args.cluster_arn.apply(trust_pods)
        else:
            trust = pulumi.Output.all(self._issued.arn, self._args.issuer).apply(
                lambda known: trust_service_account(known[0], known[1], namespace, service_account)
            )
        return Role(purpose, self._place, trust, self._options(), managed=managed, inline=inline)

    def associate(
        self, purpose: str, namespace: str, service_account: str, role: Role
    ) -> pulumi.Resource | None:
        """Say which pods take a role. None with IRSA: there an annotation of the service account says it."""
        if self.irsa:
            return None
        association: pulumi.Resource = aws.eks.PodIdentityAssociation(
            purpose,
            cluster_name=self._args.cluster,
            namespace=namespace,
            service_account=service_account,
            role_arn=role.arn,
            tags=self._place.tagged(purpose),
            opts=self._options(role.ready),
        )
        return association
