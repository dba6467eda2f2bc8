"""Programs of everything that is waited for: one where nothing becomes ready, one where all does."""

from __future__ import annotations

from tests.engine.kubernetes.world import SHELL

_COMMON = """
SPACE = "%s"
SECONDS = "%d"

def pods(app, command="sleep 3600", **more):
    container = {"name": "c", "image": "IMAGE", "imagePullPolicy": "Never",
                 "command": ["/bin/sh", "-c", command], **more}
    return {"metadata": {"labels": {"app": app}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}

def meta(name):
    return {"name": name, "namespace": SPACE, "annotations": {"pulumi.com/timeoutSeconds": SECONDS}}

def workload(kind, name, template, **spec):
    return kind(name, metadata=meta(name),
                spec={"selector": {"matchLabels": {"app": name}}, "template": template, **spec}, opts=options)

def job(name, command):
    template = pods(name, command)
    template["spec"]["restartPolicy"] = "Never"
    k8s.batch.v1.Job(name, metadata=meta(name), spec={"backoffLimit": 0, "template": template}, opts=options)

def ingress(name, service):
    k8s.networking.v1.Ingress(name, metadata=meta(name), opts=options,
        spec={"defaultBackend": {"service": {"name": service, "port": {"number": 1}}}})

def balanced(name):
    k8s.core.v1.Service(name, metadata=meta(name), spec={"type": "LoadBalancer", "ports": [{"port": 1}]},
                        opts=options)
""".replace("IMAGE", SHELL)

FAILING = (
    _COMMON % ("default", 25)
    + """
options = Options()
missing = {"image": "docker.io/library/missing:1"}
workload(k8s.apps.v1.Deployment, "image", pods("image", **missing))
# Without a probe its container counts as ready for the moment that it runs: enough, on a busy machine.
never = {"readinessProbe": {"exec": {"command": ["/bin/false"]}}}
workload(k8s.apps.v1.StatefulSet, "crash", pods("crash", "exit 1", **never), serviceName="crash")
workload(k8s.apps.v1.DaemonSet, "everywhere", pods("everywhere", **missing))
job("job", "exit 3")
lost = pods("lost")["spec"]
k8s.core.v1.Pod("lost", metadata=meta("lost"), spec={**lost, "nodeSelector": {"no": "such"}})
balanced("address")
ingress("web", "nobody")
k8s.core.v1.PersistentVolumeClaim(
    "claim", metadata=meta("claim"),
    spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "none",
          "resources": {"requests": {"storage": "1Gi"}}})
k8s.apiregistration.v1.APIService(
    "served", metadata={**meta("v1.gone.example.com"), "namespace": None},
    spec={"group": "gone.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
          "insecureSkipTLSVerify": True, "service": {"namespace": "default", "name": "gone"}})
workload(k8s.apps.v1.Deployment, "good", pods("good"))
"""
)

READY = (
    _COMMON % ("ready", 150)
    + """
options = Options(depends_on=[k8s.core.v1.Namespace("space", metadata={"name": SPACE})])
workload(k8s.apps.v1.Deployment, "deployment", pods("deployment"))
workload(k8s.apps.v1.StatefulSet, "set", pods("set"), serviceName="set")
workload(k8s.apps.v1.DaemonSet, "everywhere", pods("everywhere"))
k8s.core.v1.ReplicationController("controller", metadata=meta("controller"), opts=options,
    spec={"selector": {"app": "controller"}, "template": pods("controller")})
k8s.core.v1.Pod("pod", metadata=meta("pod"), spec=pods("pod")["spec"], opts=options)
job("job", "exit 0")
k8s.core.v1.Service("inside", metadata=meta("inside"), opts=options,
    spec={"selector": {"app": "deployment"}, "ports": [{"port": 1}]})
k8s.core.v1.Service("set-service", metadata=meta("set"), opts=options,
    spec={"clusterIP": "None", "selector": {"app": "set"}, "ports": [{"port": 1}]})
balanced("outside")
ingress("web", "inside")
disk = {"capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
        "hostPath": {"path": "/tmp/disk"}}
for name in ("disk", "spare"):
    k8s.core.v1.PersistentVolume(name, metadata={**meta(name), "namespace": None}, spec=disk)
k8s.core.v1.PersistentVolumeClaim("claim", metadata=meta("claim"), opts=options,
    spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": "disk",
          "resources": {"requests": {"storage": "1Mi"}}})
k8s.core.v1.ResourceQuota("quota", metadata=meta("quota"), spec={"hard": {"configmaps": "10"}}, opts=options)
account = k8s.core.v1.ServiceAccount("account", metadata=meta("account"), opts=options)
token = meta("token")
token["annotations"]["kubernetes.io/service-account.name"] = "account"
k8s.core.v1.Secret("token", metadata=token, type="kubernetes.io/service-account-token",
    opts=Options(depends_on=[account]))
schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
things = k8s.apiextensions.v1.CustomResourceDefinition(
    "things", metadata={"name": "things.ready.example.com"},
    spec={"group": "ready.example.com", "scope": "Namespaced", "names": names, "versions": [
        {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]})
k8s.apiextensions.CustomResource("thing", api_version="ready.example.com/v1", kind="Thing",
    metadata=meta("thing"), spec={"size": 1}, opts=Options.merge(options, Options(depends_on=[things])))
k8s.apiregistration.v1.APIService(
    "local", metadata={**meta("v1.local.example.com"), "namespace": None},
    spec={"group": "local.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100})
"""
)
