"""A double of a Kubernetes API server, over HTTP on the loopback address: CRDs, Deployments, dry runs."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

_CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_DEPLOYMENT = "/apis/apps/v1/namespaces/serving/deployments/webhook"
_KINDS = {
    "/apis/apiextensions.k8s.io/v1": [("customresourcedefinitions", "CustomResourceDefinition", False)],
    "/apis/apps/v1": [("deployments", "Deployment", True)],
    "/api/v1": [("pods", "Pod", True), ("secrets", "Secret", True)],
}


class ApiServerDouble:
    """What the plugin meets.

    Attributes:
        objects: Path -> live object; tests read and change it.
        refusal: Why a dry run is refused; empty if it is not.
        posted: Path and query of every object that was to be created.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.refusal = ""
        self.posted: list[str] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def kubeconfig(self) -> str:
        """Content of a kubeconfig with a token that must never show."""
        config = {
            "current-context": "double",
            "contexts": [{"name": "double", "context": {"cluster": "double", "user": "double"}}],
            "clusters": [
                {"name": "double", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}
            ],
            "users": [{"name": "double", "user": {"token": "hunter2-and-more"}}],
        }
        return yaml.safe_dump(config)

    def crd(self, name: str) -> dict[str, Any]:
        """A live CRD."""
        return self.objects[f"{_CRD}/{name}"]

    def deploy(self, available: int) -> None:
        """Let the Deployment serving/webhook have so many of one replica available."""
        status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}
        self.objects[_DEPLOYMENT] = {
            "metadata": {"name": "webhook", "namespace": "serving", "generation": 1},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "webhook"}}},
            "status": {**status, "availableReplicas": available},
        }

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def __init__(self, double: ApiServerDouble) -> None:
        self.double = double
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/apis/example.org/v1":
            names = [
                path.rpartition("/")[2].partition(".")[0] for path in self._objects if path.startswith(_CRD)
            ]
            rows = [
                {"name": name, "kind": name.title(), "namespaced": True, "verbs": ["create"]}
                for name in names
            ]
            self._answer(200, {"kind": "APIResourceList", "resources": rows})
        elif path in _KINDS:
            rows = [{"name": n, "kind": k, "namespaced": ns} for n, k, ns in _KINDS[path]]
            self._answer(200, {"kind": "APIResourceList", "resources": rows})
        elif path in self._objects:
            self._answer(200, self._objects[path])
        elif path.endswith("/pods"):
            self._answer(200, {"kind": "PodList", "items": []})
        else:
            self._answer(404, {"kind": "Status", "reason": "NotFound", "message": "not found"})

    def do_PATCH(self) -> None:
        body = self._body()
        body["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
        self._objects[self.path.split("?")[0]] = body
        self._answer(200, body)

    def do_POST(self) -> None:
        body = self._body()
        self.server.double.posted.append(self.path)
        if self.server.double.refusal:
            message = self.server.double.refusal
            self._answer(403, {"kind": "Status", "reason": "InternalError", "message": message})
        else:
            self._answer(201, body)

    def do_DELETE(self) -> None:
        self._objects.pop(self.path.split("?")[0], None)
        self._answer(200, {"kind": "Status"})

    @property
    def _objects(self) -> dict[str, dict[str, Any]]:
        return self.server.double.objects

    def _body(self) -> dict[str, Any]:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Keep silent."""
