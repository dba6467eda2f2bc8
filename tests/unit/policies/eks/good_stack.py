"""A stack of EKS that no rule has anything to say about, as plain resources; tests break it at one place.

Names of properties are those of `pulumi_aws` 7.51. It is what the engine hands over after `up`, with every id
known; `before_up.preview()` makes of it what the engine hands over before.
"""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from typing import Any

from policies.rule import Resource

CLUSTER = "aws:eks/cluster:Cluster"
GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
_SSE = "ServerSideEncryptionConfiguration"
ENCRYPTION = f"aws:s3/bucket{_SSE}:Bucket{_SSE}"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ACL = "aws:s3/bucketAcl:BucketAcl"
KEY = "aws:kms/key:Key"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
ASG_TAG = "aws:autoscaling/tag:Tag"
POOL = "kubernetes:karpenter.sh/v1:NodePool"

TAGS = {"owner": "ml-platform", "environment": "prod", "cost-centre": "4711"}
_STARTED = [{"resourceType": kind, "tags": TAGS} for kind in ("instance", "volume")]
_HINT = "k8s.io/cluster-autoscaler/node-template"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:eks-prod::kserve-platform::{kind}::{name}"


def resource(
    kind: str,
    name: str,
    props: dict[str, Any],
    *,
    protect: bool = False,
    ignore: tuple[str, ...] = (),
    after: dict[str, list[tuple[str, str]]] | None = None,
) -> Resource:
    """A resource; `after` says for a property which resources (type, name) its value comes from."""
    by_property = {prop: tuple(urn(*one) for one in ones) for prop, ones in (after or {}).items()}
    every = tuple(dict.fromkeys(one for ones in by_property.values() for one in ones))
    return Resource(
        kind,
        name,
        urn(kind, name),
        deepcopy(props),
        protect=protect,
        ignore_changes=ignore,
        dependencies=every,
        property_dependencies={prop: ones for prop, ones in by_property.items() if prop != "dependsOn"},
    )


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str, *actions: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions)})


def user_data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def launch_template(name: str, size: int, **more: Any) -> Resource:
    props = {
        "id": f"lt-{name}",
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        },
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "encrypted": "true",
                    "volumeType": "gp3",
                    "volumeSize": size,
                    "throughput": 600,
                },
            }
        ],
        "tagSpecifications": _STARTED,
        "tags": TAGS,
        **more,
    }
    return resource(TEMPLATE, name, props)


def node_group(name: str, template: str, **more: Any) -> Resource:
    props = {
        "id": f"kserve:{name}",
        "clusterName": "kserve",
        "subnetIds": ["subnet-private-a", "subnet-private-b"],
        "launchTemplate": {"id": f"lt-{template}", "version": "1"},
        "tags": TAGS,
        "resources": [{"autoscalingGroups": [{"name": f"asg-{name}"}]}],
        **more,
    }
    return resource(
        GROUP,
        name,
        props,
        ignore=("scalingConfig.desiredSize",),
        after={
            "clusterName": [(CLUSTER, "kserve")],
            "subnetIds": [(SUBNET, "private-a"), (SUBNET, "private-b")],
            "launchTemplate": [(TEMPLATE, template)],
        },
    )


def system_group() -> Resource:
    return node_group(
        "system",
        "system",
        amiType="AL2023_x86_64_STANDARD",
        instanceTypes=["m7i.xlarge"],
        scalingConfig={"minSize": 2, "maxSize": 6, "desiredSize": 3},
    )


def gpu_group(name: str = "gpu", **more: Any) -> Resource:
    props = {
        "amiType": "AL2023_x86_64_NVIDIA",
        "instanceTypes": ["g5.2xlarge"],
        "capacityType": "ON_DEMAND",
        "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 0},
        "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
        "labels": {"nvidia.com/gpu.present": "true"},
        **more,
    }
    return node_group(name, "gpu", **props)


def asg_tag(group: str, key: str, value: str) -> Resource:
    return resource(
        ASG_TAG,
        f"{group}-{key.rpartition('/')[2]}-{key.split('/')[2]}",
        {
            "autoscalingGroupName": f"asg-{group}",
            "tag": {"key": key, "value": value, "propagateAtLaunch": False},
        },
        after={"autoscalingGroupName": [(GROUP, group)]},
    )


def node_pool(**spec: Any) -> Resource:
    """A NodePool of Karpenter with GPUs."""
    return resource(
        POOL,
        "gpu-pool",
        {
            "metadata": {"name": "gpu-pool"},
            "spec": {
                "template": {
                    "metadata": {"labels": {"nvidia.com/gpu.present": "true"}},
                    "spec": {
                        "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
                        "requirements": [
                            {
                                "key": "karpenter.k8s.aws/instance-category",
                                "operator": "In",
                                "values": ["g"],
                            }
                        ],
                    },
                },
                "limits": {"nvidia.com/gpu": 2},
                **spec,
            },
        },
    )


def cluster() -> Resource:
    return resource(
        CLUSTER,
        "kserve",
        {
            "id": "kserve",
            "name": "kserve",
            "version": "1.35",
            "vpcConfig": {
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
                "subnetIds": ["subnet-private-a", "subnet-private-b"],
            },
            "accessConfig": {
                "authenticationMode": "API",
                "bootstrapClusterCreatorAdminPermissions": False,
            },
            "encryptionConfig": {
                "resources": ["secrets"],
                "provider": {"keyArn": "arn:aws:kms:eu-central-1:1:key/k1"},
            },
            "enabledClusterLogTypes": ["audit", "api", "authenticator"],
            "deletionProtection": True,
            "tags": TAGS,
        },
        protect=True,
        after={
            "encryptionConfig": [(KEY, "secrets")],
            "vpcConfig": [(SUBNET, "private-a"), (SUBNET, "private-b")],
            "dependsOn": [(LOGS, "control-plane")],
        },
    )


def _network() -> list[Resource]:
    made = [
        resource(GATEWAY, "internet", {"id": "igw-1", "vpcId": "vpc-1", "tags": TAGS}),
        resource(TABLE, "public", {"id": "rtb-public", "vpcId": "vpc-1", "tags": TAGS}),
        resource(TABLE, "private", {"id": "rtb-private", "vpcId": "vpc-1", "tags": TAGS}),
        resource(
            ROUTE,
            "out",
            {"routeTableId": "rtb-public", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"},
            after={"routeTableId": [(TABLE, "public")], "gatewayId": [(GATEWAY, "internet")]},
        ),
        resource(
            ROUTE,
            "through-nat",
            {"routeTableId": "rtb-private", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"},
            after={"routeTableId": [(TABLE, "private")]},
        ),
    ]
    for name, table in (("public-a", "public"), ("private-a", "private"), ("private-b", "private")):
        made.append(
            resource(
                SUBNET,
                name,
                {
                    "id": f"subnet-{name}",
                    "vpcId": "vpc-1",
                    "availabilityZone": f"us-east-1{name[-1]}",
                    "mapPublicIpOnLaunch": table == "public",
                    "tags": TAGS,
                },
            )
        )
        made.append(
            resource(
                ASSOCIATION,
                name,
                {"subnetId": f"subnet-{name}", "routeTableId": f"rtb-{table}"},
                after={"subnetId": [(SUBNET, name)], "routeTableId": [(TABLE, table)]},
            )
        )
    return made


def _identity() -> list[Resource]:
    read = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::models", "arn:aws:s3:::models/*"],
    }
    describe = {"Effect": "Allow", "Action": "ec2:DescribeSubnets", "Resource": "*"}
    return [
        resource(
            ROLE,
            "node",
            {"name": "node", "assumeRolePolicy": trust("ec2.amazonaws.com", "sts:AssumeRole"), "tags": TAGS},
        ),
        resource(
            ROLE,
            "models",
            {
                "name": "models",
                "assumeRolePolicy": trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
                "tags": TAGS,
            },
        ),
        resource(
            ROLE_POLICY,
            "read-models",
            {"role": "models", "policy": document(read)},
            after={"role": [(ROLE, "models")]},
        ),
        resource(
            POLICY,
            "look-around",
            {"arn": "arn:aws:iam::1:policy/look-around", "policy": document(describe), "tags": TAGS},
        ),
        resource(
            ATTACHMENT,
            "models-look-around",
            {"role": "models", "policyArn": "arn:aws:iam::1:policy/look-around"},
            after={"role": [(ROLE, "models")], "policyArn": [(POLICY, "look-around")]},
        ),
        resource(
            ATTACHMENT,
            "node-worker",
            {"role": "node", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
            after={"role": [(ROLE, "node")]},
        ),
    ]


def _storage() -> list[Resource]:
    of_bucket = {"bucket": [(BUCKET, "models")]}
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::models", "arn:aws:s3:::models/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return [
        resource(BUCKET, "models", {"id": "models", "bucket": "models", "tags": TAGS}, protect=True),
        resource(BLOCK, "models", {"bucket": "models", **dict.fromkeys(switches, True)}, after=of_bucket),
        resource(
            VERSIONING,
            "models",
            {"bucket": "models", "versioningConfiguration": {"status": "Enabled"}},
            after=of_bucket,
        ),
        resource(
            ENCRYPTION,
            "models",
            {
                "bucket": "models",
                "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}],
            },
            after=of_bucket,
        ),
        resource(BUCKET_POLICY, "models", {"bucket": "models", "policy": document(tls)}, after=of_bucket),
    ]


def good_stack() -> list[Resource]:
    """Every resource of it, in the order in which a program would make them."""
    return [
        *_network(),
        resource(
            KEY,
            "secrets",
            {
                "id": "k1",
                "arn": "arn:aws:kms:eu-central-1:1:key/k1",
                "enableKeyRotation": True,
                "deletionWindowInDays": 30,
                "tags": TAGS,
            },
            protect=True,
        ),
        resource(
            LOGS,
            "control-plane",
            {"name": "/aws/eks/kserve/cluster", "retentionInDays": 90, "tags": TAGS},
        ),
        *_identity(),
        cluster(),
        launch_template("system", 100),
        launch_template("gpu", 300),
        system_group(),
        gpu_group(),
        asg_tag("gpu", f"{_HINT}/taint/nvidia.com/gpu", "true:NoSchedule"),
        asg_tag("gpu", f"{_HINT}/label/nvidia.com/gpu.present", "true"),
        node_pool(),
        *_storage(),
    ]
