"""EKS add-ons: those that machines need to become ready before them, the others after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster.eks.addon_plan import Addon
from components.cluster.eks.documents import document, grant_key, use_key
from components.cluster.eks.identity import Identity
from components.cluster.eks.part import Part
from components.cluster.eks.place import Place
from components.cluster.eks.roles import Role


@dataclass(frozen=True, kw_only=True)
class Args:
    """What add-ons need.

    Attributes:
        cluster: Name of the cluster, as its resource gives it.
        addons: Which.
        identity: How their pods become roles.
        key_arn: The cluster's KMS key; None for AWS's own.
        after: What must be there before: machines, for those that run on them.
    """

    cluster: pulumi.Input[str]
    addons: Sequence[Addon]
    identity: Identity
    key_arn: pulumi.Input[str] | None
    after: tuple[pulumi.Resource, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What add-ons give.

    Attributes:
        ready: All of them.
    """

    ready: tuple[pulumi.Resource, ...]


class Addons(Part):
    """Some add-ons of a cluster.

    Args:
        name: Resource name: there are two such parts, around the machines.
    """

    outputs: Outputs

    def __init__(self, name: str, place: Place, args: Args, opts: pulumi.ResourceOptions) -> None:
        super().__init__("Addons", name, place, opts)
        self.outputs = Outputs(ready=tuple(self._addon(addon, args) for addon in args.addons))
        self.register_outputs({})

    def _addon(self, addon: Addon, args: Args) -> pulumi.Resource:
        role = self._role(addon, args)
        by_account = addon.role is not None and role is not None and not args.identity.irsa
        made: pulumi.Resource = aws.eks.Addon(
            addon.name,
            cluster_name=args.cluster,
            addon_name=addon.name,
            addon_version=addon.version,
            configuration_values=addon.configuration,
            resolve_conflicts_on_create="OVERWRITE",
            # What an operator has set by hand in an emergency survives the next version.
            resolve_conflicts_on_update="PRESERVE",
            service_account_role_arn=role.arn if role is not None and args.identity.irsa else None,
            pod_identity_associations=[
                aws.eks.AddonPodIdentityAssociationArgs(
                    role_arn=role.arn, service_account=addon.role.service_account
                )
            ]
            if by_account and role is not None and addon.role is not None
            else None,
            tags=self._place.tagged(addon.name),
            opts=self._options([*args.after, *(role.ready if role is not None else ())]),
        )
        return made

    def _role(self, addon: Addon, args: Args) -> Role | None:
        wanted = addon.role
        if wanted is None:
            return None
        inline = {}
        if wanted.encrypts and args.key_arn is not None:
            key = pulumi.Output.from_input(args.key_arn)
            inline["key"] = key.apply(lambda arn: document(use_key(arn), grant_key(arn)))
        return args.identity.role(
            addon.name,
            wanted.namespace,
            wanted.service_account,
            managed=(wanted.managed_policy,),
            inline=inline,
        )
