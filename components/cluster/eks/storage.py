"""The class of volumes that claims get: encrypted gp3 by the EBS CSI driver."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

CLASS = "gp3"


def storage_class(
    key_arn: pulumi.Input[str] | None, opts: pulumi.ResourceOptions, *, auto: bool = False
) -> kubernetes.storage.v1.StorageClass:
    """Make the class.

    EKS comes with none since Kubernetes 1.30, and the one before was neither encrypted nor gp3.

    Args:
        key_arn: Key of the volumes; None for AWS's own.
        opts: Options with the cluster's provider.
        auto: The driver is the one of EKS Auto Mode.
    """
    parameters: dict[str, pulumi.Input[str]] = {"type": "gp3", "encrypted": "true"}
    if key_arn is not None:
        parameters["kmsKeyId"] = key_arn
    return kubernetes.storage.v1.StorageClass(
        CLASS,
        metadata=kubernetes.meta.v1.ObjectMetaArgs(
            name=CLASS, annotations={"storageclass.kubernetes.io/is-default-class": "true"}
        ),
        provisioner="ebs.csi.eks.amazonaws.com" if auto else "ebs.csi.aws.com",
        parameters=parameters,
        # A volume is in one zone: it is made where its pod goes.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=opts,
    )
