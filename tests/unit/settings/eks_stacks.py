"""What stacks/Pulumi.eks-*.yaml and the longest good file of EKS say, written out."""

from __future__ import annotations

from typing import Any

from components.settings.eks.access import AccessEntry, Encryption, Logs, ModelBucket
from components.settings.eks.cluster import Budget, EksSettings, StackPart
from components.settings.eks.network import Endpoint, Existing, LoadBalancer, Network
from components.settings.eks.nodes import Disk, Expected, GpuSettings, NodeGroup, Taint
from components.settings.model import Amounts, ModelService, PlatformSettings, Resources, Settings

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
ROLES = "arn:aws:iam::111122223333:role"


def _torchserve(storage_uri: str, *, cpu: str, memory: str, **more: Any) -> ModelService:
    """TorchServe on one GPU, as both stacks have it."""
    return ModelService(
        model_format="pytorch",
        storage_uri=storage_uri,
        runtime_version="0.9.0-gpu",
        gpu=1,
        resources=Resources(requests=Amounts(cpu=cpu, memory=memory), limits=Amounts(memory=memory)),
        **more,
    )


EKS_DEV = Settings(
    cluster=EksSettings(
        provider="eks",
        region="us-west-2",
        zones=ZONES,
        kubernetes_version="1.35",
        network=Network(nat="single"),
        endpoint=Endpoint(public=True, allow=("203.0.113.0/24",)),
        encryption=Encryption(customer_key=False),
        node_groups={
            "system": NodeGroup(instance_types=("m7i.xlarge",), min_size=2, desired_size=3, max_size=6),
            "gpu": NodeGroup(
                instance_types=("g5.2xlarge",),
                min_size=0,
                max_size=2,
                expected=Expected(size=1, hours_per_day=8),
            ),
        },
        tags={"owner": "ml-platform", "environment": "dev", "cost-centre": "research"},
        budget=Budget(hourly_usd=10, gpus=4),
    ),
    platform=PlatformSettings(domain="models.dev.example.org"),
    services={
        "torchserve": _torchserve(
            "gs://kfserving-examples/models/torchserve/image_classifier/v1",
            cpu="2",
            memory="4Gi",
            min_replicas=0,
            max_replicas=2,
        )
    },
)

EKS_PROD = Settings(
    cluster=EksSettings(
        provider="eks",
        region="us-west-2",
        zones=ZONES,
        kubernetes_version="1.35",
        network=Network(nat="perZone", interface_endpoints=True),
        deployer=f"{ROLES}/kserve-platform-deploy",
        access_entries={
            "operators": AccessEntry(principal=f"{ROLES}/platform-operators", policy="clusterAdmin"),
            "models": AccessEntry(
                principal=f"{ROLES}/model-owners", policy="edit", namespaces=("kserve-test",)
            ),
        },
        logs=Logs(
            types=("api", "audit", "authenticator", "controllerManager", "scheduler"), retention_days=365
        ),
        node_groups={
            "system": NodeGroup(instance_types=("m7i.xlarge",), min_size=3, max_size=6),
            "gpu": NodeGroup(
                instance_types=("g6.4xlarge",),
                min_size=1,
                max_size=4,
                expected=Expected(size=2, hours_per_day=12),
            ),
            "gpu-spot": NodeGroup(
                instance_types=("g6.4xlarge", "gr6.4xlarge"),
                capacity="spot",
                min_size=0,
                max_size=4,
                expected=Expected(size=1, hours_per_day=4),
            ),
        },
        model_buckets={"models": ModelBucket(bucket="example-org-kserve-models")},
        load_balancer=LoadBalancer(
            certificate="arn:aws:acm:us-west-2:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"
        ),
        deletion_protection=True,
        tags={"owner": "ml-platform", "environment": "prod", "cost-centre": "serving"},
        budget=Budget(hourly_usd=25, gpus=8),
    ),
    platform=PlatformSettings(domain="models.example.org"),
    services={
        "torchserve": _torchserve(
            "s3://example-org-kserve-models/torchserve/image_classifier/v1",
            cpu="4",
            memory="16Gi",
            runtime="kserve-torchserve",
            min_replicas=2,
            max_replicas=4,
        )
    },
)

ACCOUNT = "111122223333"
UUID = "01234567-89ab-cdef-0123-456789abcdef"
SUBNET = "subnet-0123456789abcde"

EKS_IN_FULL = Settings(
    cluster=EksSettings(
        provider="eks",
        stack=StackPart(
            part="services",
            infra="organization/kserve-platform/eks-infra",
            platform="organization/kserve-platform/eks-platform",
        ),
        region="eu-west-1",
        zones=("eu-west-1a", "eu-west-1b"),
        kubernetes_version="1.33",
        support="extended",
        network=Network(service_cidr="172.21.0.0/16"),
        existing=Existing(
            vpc="vpc-0123456789abcdef0",
            private_subnets={"eu-west-1a": f"{SUBNET}0a", "eu-west-1b": f"{SUBNET}0b"},
            public_subnets={"eu-west-1a": f"{SUBNET}1a", "eu-west-1b": f"{SUBNET}1b"},
            kms_key=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{UUID}",
            cluster_role=f"{ROLES}/eks",
            node_role=f"{ROLES}/nodes",
        ),
        endpoint=Endpoint(public=True, allow=("203.0.113.0/24", "198.51.100.7/32")),
        deployer=f"{ROLES}/deploy",
        access_entries={
            "team": AccessEntry(
                principal=f"arn:aws:iam::{ACCOUNT}:user/somebody", policy="view", namespaces=("kserve-test",)
            )
        },
        encryption=Encryption(customer_key=True),
        logs=Logs(types=("audit",), retention_days=30),
        identity="irsa",
        node_groups={
            "system": NodeGroup(
                instance_types=("m7g.xlarge", "m7g.2xlarge"), ami="bottlerocket", min_size=1, max_size=3
            ),
            "gpu": NodeGroup(
                instance_types=("p5.48xlarge",),
                ami="al2023",
                capacity="capacityBlock",
                reservation="cr-0123456789abcdef0",
                min_size=0,
                desired_size=1,
                max_size=2,
                zones=("eu-west-1a",),
                disk=Disk(size_gib=500, throughput_mibs=1000, iops=4000),
                labels={"example.org/team": "vision"},
                taints=(
                    Taint(key="example.org/team", value="vision", effect="NoExecute"),
                    Taint(key="example.org/new", effect="PreferNoSchedule"),
                ),
                expected=Expected(size=1, hours_per_day=8),
            ),
        },
        gpu=GpuSettings(sharing="mig", mig_profile="1g.10gb"),
        autoscaler="karpenter",
        model_buckets={
            "models": ModelBucket(bucket="example-models", readers=("digits",)),
            "public": ModelBucket(bucket="example.org-public", create=False),
        },
        load_balancer=LoadBalancer(
            exposure="public",
            allow=("0.0.0.0/0",),
            certificate=f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/{UUID}",
        ),
        addon_versions={"vpc-cni": "v1.20.4-eksbuild.1"},
        deletion_protection=True,
        tags={"owner": "somebody", "cost-centre": "42"},
        budget=Budget(hourly_usd=200, monthly_usd=100000, gpus=16),
    ),
    services={
        "digits": ModelService(
            model_format="pytorch",
            storage_uri="s3://example-models/digits",
            gpu=1,
            pool="gpu",
            min_replicas=2,
            resources=Resources(
                requests=Amounts(cpu="190", memory="2000Gi"), limits=Amounts(memory="2000Gi")
            ),
        )
    },
)
