"""A double of a cluster whose controllers are all at once done: what is asked for is there and healthy.

It keeps what a server-side apply makes of objects (tests/unit/kubernetes_provider/apidouble.py) and answers
for the controllers of Kubernetes, Istio, cert-manager, KServe and AWS in what the program waits for:
conditions, endpoints, load balancers, CA bundles, the objects behind a Gateway. It starts nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from tests.aws.api import Api
from tests.engine.eks.load_balancers import HOST, TOKEN, LoadBalancers
from tests.unit.kubernetes_provider.apidouble import ApiDouble, Call, Reply, refuse

Object = dict[str, Any]

# Of Kubernetes itself, besides what the double of its API knows.
_KINDS = {
    "networking.k8s.io/v1": [("networkpolicies", "NetworkPolicy", True)],
    "rbac.authorization.k8s.io/v1": [("clusterrolebindings", "ClusterRoleBinding", False)],
    "policy/v1": [("poddisruptionbudgets", "PodDisruptionBudget", True)],
    "autoscaling/v2": [("horizontalpodautoscalers", "HorizontalPodAutoscaler", True)],
    "scheduling.k8s.io/v1": [("priorityclasses", "PriorityClass", False)],
    "apiregistration.k8s.io/v1": [("apiservices", "APIService", False)],
    "admissionregistration.k8s.io/v1": [
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False),
        ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False),
    ],
}
_NODES = 1


def _conditions(*kinds: str) -> Object:
    return {"conditions": [{"type": kind, "status": "True", "reason": "Double"} for kind in kinds]}


def _deployment(found: Object) -> Object:
    wanted = found["spec"].get("replicas", 1)
    counted = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), wanted)
    return {**counted, **_conditions("Available", "Progressing")}


def _daemon_set(_: Object) -> Object:
    names = ("currentNumberScheduled", "desiredNumberScheduled", "numberAvailable", "numberReady")
    return {**dict.fromkeys((*names, "updatedNumberScheduled"), _NODES), "numberMisscheduled": 0}


def _service(found: Object) -> Object:
    wanted = found["spec"].get("type") == "LoadBalancer"
    return {"loadBalancer": {"ingress": [{"hostname": HOST}]} if wanted else {}}


_HEALTHY: Mapping[str, Callable[[Object], Object]] = {
    "APIService": lambda _: _conditions("Available"),
    "Certificate": lambda _: _conditions("Ready"),
    "CustomResourceDefinition": lambda _: _conditions("Established", "NamesAccepted"),
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Gateway": lambda _: _conditions("Accepted", "Programmed"),
    "InferenceService": lambda _: {
        **_conditions("PredictorReady", "Ready"),
        "url": "http://torchserve-kserve-test.models.dev.example.org",
    },
    "Issuer": lambda _: _conditions("Ready"),
    "Namespace": lambda _: {"phase": "Active"},
    "PersistentVolumeClaim": lambda _: {"phase": "Bound"},
    "ResourceQuota": lambda found: {"hard": found["spec"]["hard"], "used": {}},
    "Service": _service,
}


class ClusterDouble:
    """The cluster.

    Args:
        name: Its name.
        api: The double of its API.
        aws: The account that its load balancers are in.

    Attributes:
        api: The double of its API.
        balancers: Its load balancers.
    """

    def __init__(self, name: str, api: ApiDouble, aws: Api) -> None:
        self.balancers = LoadBalancers(name, aws)
        self.api = api
        self._lock = threading.RLock()
        for version, kinds in _KINDS.items():
            known = api.kinds.setdefault(version, [])
            known += [kind for kind in kinds if kind not in known]
        api.script = self._see

    def _see(self, call: Call) -> Reply | None:
        if call.headers.get("Authorization") != TOKEN:
            return refuse(401, "Unauthorized", "Unauthorized")
        if call.dry or call.method == "GET":
            return None
        with self._lock:
            if call.method == "DELETE":
                self._departed(call.path)
                return None
            reply = self.api._answer(call)
            if reply.status >= 300:
                return reply
            path = call.path
            if call.method == "POST":
                path = f"{call.path}/{call.body['metadata']['name']}"
            return Reply(reply.status, self._settle(path))

    def _settle(self, path: str) -> Object:
        """Say that an object is what it was asked to be, and make what its controller would."""
        found = self.api.objects[path]
        kind = found["kind"]
        generation = found["metadata"].get("generation", 0) + 1
        settled = {**found, "metadata": {**found["metadata"], "generation": generation}}
        if kind in _HEALTHY:
            settled["status"] = {**_HEALTHY[kind](found), "observedGeneration": generation}
        if kind.endswith("WebhookConfiguration"):
            settled["webhooks"] = [_trusted(each) for each in found.get("webhooks", [])]
        stored = self.api.put(path, settled)
        if kind == "CustomResourceDefinition":
            self._know(found)
        if kind == "Service":
            self._serve(path, stored)
        if kind == "Gateway" and found["apiVersion"].startswith("gateway.networking.k8s.io/"):
            self._open(stored)
        return stored

    def _know(self, crd: Object) -> None:
        spec = crd["spec"]
        row = (spec["names"]["plural"], spec["names"]["kind"], spec["scope"] == "Namespaced")
        for version in spec["versions"]:
            known = self.api.kinds.setdefault(f"{spec['group']}/{version['name']}", [])
            if version["served"] and row not in known:
                known.append(row)

    def _serve(self, path: str, service: Object) -> None:
        meta = service["metadata"]
        where = f"/apis/discovery.k8s.io/v1/namespaces/{meta['namespace']}/endpointslices/{meta['name']}"
        labels = {"kubernetes.io/service-name": meta["name"]}
        named = {"name": meta["name"], "namespace": meta["namespace"], "labels": labels}
        endpoints = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
        self.api.put(where, {"kind": "EndpointSlice", "metadata": named, "endpoints": endpoints})
        if service["spec"].get("type") == "LoadBalancer":
            self.balancers.made(path)

    def _open(self, gateway: Object) -> None:
        """Istio's controller makes a Deployment and a Service for each Gateway, by this name."""
        space, name = gateway["metadata"]["namespace"], f"{gateway['metadata']['name']}-istio"
        meta = {"name": name, "namespace": space}
        local = "local" in name
        made = {
            f"/apis/apps/v1/namespaces/{space}/deployments/{name}": {"kind": "Deployment", "spec": {}},
            f"/api/v1/namespaces/{space}/services/{name}": {
                "kind": "Service",
                "spec": {"type": "ClusterIP" if local else "LoadBalancer", "ports": [{"port": 80}]},
            },
        }
        for path, found in made.items():
            version = "apps/v1" if found["kind"] == "Deployment" else "v1"
            self.api.put(path, {"apiVersion": version, **found, "metadata": meta})
            self._settle(path)

    def _departed(self, path: str) -> None:
        """What goes with an object: load balancers, and what Istio had made for a Gateway."""
        self.balancers.removed(path)
        if "/gateway.networking.k8s.io/" in path and "/gateways/" in path:
            space, _, name = path.partition("/namespaces/")[2].partition("/gateways/")
            for made in (
                f"/apis/apps/v1/namespaces/{space}/deployments/{name}-istio",
                f"/api/v1/namespaces/{space}/services/{name}-istio",
            ):
                if made in self.api.objects:
                    self.balancers.removed(made)
                    self.api.remove(made)


def _trusted(webhook: Object) -> Object:
    return {**webhook, "clientConfig": {**webhook["clientConfig"], "caBundle": "ZG91YmxlCg=="}}
