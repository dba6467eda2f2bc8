"""What every part of the cluster is: a component whose AWS resources go to the stack's region."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.cluster.eks.place import Place


class Part(pulumi.ComponentResource):
    """A part of an EKS cluster.

    Args:
        kind: Its type's last part.
        name: Resource name; the same in every stack.
        place: Of the cluster.
        opts: Options with the AWS provider; children inherit it.
    """

    def __init__(self, kind: str, name: str, place: Place, opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"kserve-platform:eks:{kind}", name, None, opts)
        self._place = place

    def _options(
        self,
        depends_on: Sequence[pulumi.Resource] = (),
        *,
        protect: bool = False,
        ignore: Sequence[str] = (),
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(depends_on),
            protect=protect or None,
            ignore_changes=list(ignore) or None,
        )
