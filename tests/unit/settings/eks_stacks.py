"""What stacks/Pulumi.eks-*.yaml say, written out."""

from __future__ import annotations

from components.settings.eks.access import AccessEntry, Encryption, Logs, ModelBucket
from components.settings.eks.cluster import Budget, EksSettings
from components.settings.eks.network import Endpoint, Network
from components.settings.eks.nodes import Expected, NodeGroup
from components.settings.model import Amounts, ModelService, PlatformSettings, Resources, Settings

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
ROLES = "arn:aws:iam::111122223333:role"

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
        "torchserve": ModelService(
            model_format="pytorch",
            storage_uri="gs://kfserving-examples/models/torchserve/image_classifier/v1",
            runtime_version="0.9.0-gpu",
            gpu=1,
            min_replicas=0,
            max_replicas=2,
            resources=Resources(requests=Amounts(cpu="2", memory="4Gi"), limits=Amounts(memory="4Gi")),
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
        deletion_protection=True,
        tags={"owner": "ml-platform", "environment": "prod", "cost-centre": "serving"},
        budget=Budget(hourly_usd=25, gpus=8),
    ),
    platform=PlatformSettings(domain="models.example.org"),
    services={
        "torchserve": ModelService(
            model_format="pytorch",
            storage_uri="s3://example-org-kserve-models/torchserve/image_classifier/v1",
            runtime="kserve-torchserve",
            runtime_version="0.9.0-gpu",
            gpu=1,
            min_replicas=2,
            max_replicas=4,
            resources=Resources(requests=Amounts(cpu="4", memory="16Gi"), limits=Amounts(memory="16Gi")),
        )
    },
)
