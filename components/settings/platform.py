"""`kserve-platform:platform`: what is installed on the cluster, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.settings.base import Model
from components.settings.resources import Resources
from components.settings.runtimes import ALL_RUNTIMES, RuntimeName
from components.settings.text import Domain, Word

DeploymentMode = Literal["knative", "standard"]
IngressClass = Literal["gateway-api", "istio", "kourier"]
ResourceProfile = Literal["default", "local"]


class KServeOptions(Model):
    """Options of KServe's controller, written to its `inferenceservice-config`."""

    predictor_resources: Resources | None = None
    """What a predictor gets that asks for nothing itself. Absent: one core and 2Gi, as KServe ships it, or
    what the resource profile lowers that to."""

    storage_initializer_resources: Resources | None = None
    """What the init container gets that downloads a model. Absent: as KServe ships it. Large models need more
    memory."""


class Tls(Model):
    """How requests from outside are encrypted, on port 443 of the public gateway.

    Port 80 stays open beside it: Knative asks there whether routes work.
    """

    issuer: Word | None = None
    """ClusterIssuer of cert-manager that signs for *.<namespace>.<domain>. Absent: an authority of the
    stack's own, whose certificate clients have to be given."""


class Quota(Model):
    """What the models' namespace may take at most, whoever puts models there: a mistake ends at it."""

    pods: Annotated[int, Field(ge=1)] = 50
    """Most pods, those of a rollout beside the ones that they replace."""

    gpus: Annotated[int, Field(ge=0)] | None = None
    """Most GPUs that pods ask for together. Absent: the budget's on EKS, else as many as there are."""


class PlatformSettings(Model):
    """What is installed on the cluster, and how."""

    mode: DeploymentMode = "knative"
    """How KServe deploys by default: `knative` scales with requests, down to zero; `standard` uses plain
    Deployments."""

    ingress_class: IngressClass = "gateway-api"
    """What carries Knative's traffic. `gateway-api` runs everywhere; `istio` and `kourier` need a cluster
    that can pull images."""

    domain: Domain = "example.com"
    """Domain below which services answer as <service>.<namespace>.<domain>. Without DNS, name it as Host."""

    resource_profile: ResourceProfile = "default"
    """Sizes of the platform's own pods: `default` is upstream's; `local` lowers CPU requests so that the
    platform and five predictors fit on two cores."""

    runtimes: Annotated[tuple[RuntimeName, ...], Field(min_length=1)] = ALL_RUNTIMES
    """ClusterServingRuntimes to install, by the names that `kubectl get clusterservingruntimes` shows. All of
    KServe's by default: an unused one costs nothing."""

    tls: Tls | None = None
    """Encrypts requests from outside; `tls: {}` is enough. Absent: plain HTTP, refused in production. On EKS
    the load balancer can do it, by cluster.loadBalancer.certificate."""

    quota: Quota = Quota()
    """What the models' namespace may take at most."""

    kserve: KServeOptions = KServeOptions()
    """Options of KServe's controller."""
