"""The objects of AWS's load balancer controller, written by us: no Go proxy serves a release of its module.

Facts: helm/aws-load-balancer-controller of github.com/kubernetes-sigs/aws-load-balancer-controller (templates
deployment, rbac and webhook; values.yaml) and its documentation of flags. From the whole controller only what
Services of type LoadBalancer need: no Ingress class, no Gateway API, no WAF, no Shield, and no webhook on
pods or Services, so that a controller that is down stops nobody's deployment.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from components.cluster.fleet import ACCOUNTS
from components.layers.objects import Manifest

NAMESPACE, NAME = ACCOUNTS["loadBalancerController"].namespace, ACCOUNTS["loadBalancerController"].name
VERSION = "2.17.1"
# By tag: no registry was reachable to ask for the digest of this one.
IMAGE = f"public.ecr.aws/eks/aws-load-balancer-controller:v{VERSION}"
CERTIFICATE = f"{NAME}-serving"
WEBHOOK = "aws-load-balancer-webhook"
WEBHOOK_SERVICE = f"{WEBHOOK}-service"
GROUP = "elbv2.k8s.aws"

_LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": NAME}
_SECRET = f"{NAME}-tls"
_ISSUER = f"{NAME}-issuer"
_LEASE = "aws-load-balancer-controller-leader"
_RBAC = "rbac.authorization.k8s.io/v1"
_HEALTH, _WEBHOOKS = 61779, 9443
_READ = ("get", "list", "watch")


def crds() -> list[Manifest]:
    """The two kinds without which the controller does not start.

    Their schemas are open: only the controller itself writes the first, and nobody the second.
    """
    return [
        _crd("TargetGroupBinding", "targetgroupbindings", "Namespaced"),
        _crd("IngressClassParams", "ingressclassparams", "Cluster"),
    ]


def _crd(kind: str, plural: str, scope: str) -> Manifest:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1beta1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": anything},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
            },
            "scope": scope,
            "versions": [version],
        },
    }


def issuing() -> list[Manifest]:
    """The certificate that its webhooks serve with."""
    host = f"{WEBHOOK_SERVICE}.{NAMESPACE}.svc"
    return [
        _object("Issuer", _ISSUER, "cert-manager.io/v1", spec={"selfSigned": {}}),
        _object(
            "Certificate",
            CERTIFICATE,
            "cert-manager.io/v1",
            spec={
                "secretName": _SECRET,
                "dnsNames": [host, f"{host}.cluster.local"],
                "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": _ISSUER},
            },
        ),
    ]


def controller(cluster: str, region: str, tags: Mapping[str, str]) -> list[Manifest]:
    """The controller, with all that it may do on the cluster.

    Args:
        cluster: Name of the cluster in AWS.
        region: Its region: with a hop limit of one no pod can ask the machine's metadata service.
        tags: Tags of everything that it makes in AWS.
    """
    return [
        _object("ServiceAccount", NAME),
        *_rights(),
        _object(
            "Service",
            WEBHOOK_SERVICE,
            spec={"ports": [{"port": 443, "targetPort": "webhooks"}], "selector": dict(_LABELS)},
        ),
        _object(
            "PodDisruptionBudget",
            NAME,
            "policy/v1",
            spec={"maxUnavailable": 1, "selector": {"matchLabels": dict(_LABELS)}},
        ),
        _deployment(arguments(cluster, region, tags)),
        _webhooks("MutatingWebhookConfiguration", "mutate", "mtargetgroupbinding"),
        _webhooks("ValidatingWebhookConfiguration", "validate", "vtargetgroupbinding"),
    ]


def arguments(cluster: str, region: str, tags: Mapping[str, str]) -> list[str]:
    """What the controller is told, but for the VPC."""
    return [
        f"--cluster-name={cluster}",
        f"--aws-region={region}",
        f"--default-tags={_row(f'{key}={value}' for key, value in sorted(tags.items()))}",
        "--default-target-type=ip",
        "--enable-endpoint-slices=true",
        "--enable-shield=false",
        "--enable-waf=false",
        "--enable-wafv2=false",
        "--feature-gates=ALBGatewayAPI=false,NLBGatewayAPI=false",
        "--ingress-class=alb",
    ]


def _row(cells: Any) -> str:
    """The flag is read as a row of CSV: a comma in a tag would end it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _rights() -> list[Manifest]:
    lease = _rule("coordination.k8s.io", ["leases"], ["get", "update", "patch"])
    everywhere = [
        _rule("", ["configmaps"], ["create", "delete", "get", "update"]),
        _rule("", ["endpoints", "namespaces", "nodes", "pods"], _READ),
        _rule("", ["events"], ["create", "patch"]),
        _rule("", ["pods/status", "services/status"], ["patch", "update"]),
        _rule("", ["services"], [*_READ, "patch", "update"]),
        _rule("discovery.k8s.io", ["endpointslices"], _READ),
        _rule(GROUP, ["ingressclassparams"], _READ),
        _rule(GROUP, ["targetgroupbindings"], [*_READ, "create", "delete", "patch", "update"]),
        _rule(GROUP, ["targetgroupbindings/status"], ["patch", "update"]),
        _rule("networking.k8s.io", ["ingressclasses"], _READ),
        _rule("networking.k8s.io", ["ingresses"], [*_READ, "patch", "update"]),
        _rule("networking.k8s.io", ["ingresses/status"], ["patch", "update"]),
    ]
    elections = [
        _rule("coordination.k8s.io", ["leases"], ["create"]),
        {**lease, "resourceNames": [_LEASE]},
    ]
    subject = [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]
    return [
        _object("Role", f"{NAME}-leader-election", _RBAC, rules=elections),
        _object(
            "RoleBinding",
            f"{NAME}-leader-election",
            _RBAC,
            roleRef=_role_ref("Role", f"{NAME}-leader-election"),
            subjects=subject,
        ),
        _object("ClusterRole", NAME, _RBAC, namespaced=False, rules=everywhere),
        _object(
            "ClusterRoleBinding",
            NAME,
            _RBAC,
            namespaced=False,
            roleRef=_role_ref("ClusterRole", NAME),
            subjects=subject,
        ),
    ]


def _role_ref(kind: str, name: str) -> dict[str, str]:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def _rule(group: str, resources: list[str], verbs: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}


def _deployment(args: list[str]) -> Manifest:
    container = {
        "name": "controller",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": args,
        "ports": [{"name": "webhooks", "containerPort": _WEBHOOKS}],
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": _HEALTH},
            "initialDelaySeconds": 30,
            "timeoutSeconds": 10,
        },
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": _HEALTH}, "timeoutSeconds": 10},
        # The amounts are those of upstream's kustomization (config/controller).
        "resources": {"requests": {"cpu": "100m", "memory": "200Mi"}, "limits": {"memory": "500Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        "volumeMounts": [
            {
                "name": "certificate",
                # Where controller-runtime looks for it.
                "mountPath": "/tmp/k8s-webhook-server/serving-certs",  # noqa: S108  # the container's own
                "readOnly": True,
            }
        ],
    }
    apart = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(_LABELS)},
    }
    pod = {
        "serviceAccountName": NAME,
        "priorityClassName": "system-cluster-critical",
        "terminationGracePeriodSeconds": 10,
        "securityContext": {"fsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "topologySpreadConstraints": [apart],
        "containers": [container],
        "volumes": [{"name": "certificate", "secret": {"secretName": _SECRET}}],
    }
    template = {"metadata": {"labels": dict(_LABELS)}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": dict(_LABELS)}, "template": template}
    return _object("Deployment", NAME, "apps/v1", spec=spec)


def _webhooks(kind: str, verb: str, name: str) -> Manifest:
    """A webhook on the bindings that the controller itself writes."""
    made = _object(
        kind,
        WEBHOOK,
        "admissionregistration.k8s.io/v1",
        namespaced=False,
        webhooks=[
            {
                "name": f"{name}.{GROUP}",
                "admissionReviewVersions": ["v1beta1"],
                "clientConfig": {
                    "service": {
                        "name": WEBHOOK_SERVICE,
                        "namespace": NAMESPACE,
                        "path": f"/{verb}-elbv2-k8s-aws-v1beta1-targetgroupbinding",
                    }
                },
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "rules": [
                    {
                        "apiGroups": [GROUP],
                        "apiVersions": ["v1beta1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["targetgroupbindings"],
                    }
                ],
            }
        ],
    )
    made["metadata"]["annotations"] = {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/{CERTIFICATE}"}
    return made


def _object(
    kind: str, name: str, api_version: str = "v1", *, namespaced: bool = True, **fields: Any
) -> Manifest:
    place = {"namespace": NAMESPACE} if namespaced else {}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, **place, "labels": dict(_LABELS)},
        **fields,
    }
