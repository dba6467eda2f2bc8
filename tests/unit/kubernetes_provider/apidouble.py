"""A double of an API server on loopback: discovery, objects in memory, and any answer that a test scripts.

Not Kubernetes: it keeps what it is given. It applies by remembering what each manager applied last, and takes
away what that manager no longer names; it conflicts where another manager applied the same leaf.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.unit.kubernetes_provider import applying

KINDS: dict[str, list[tuple[str, str, bool]]] = {
    "v1": [
        ("configmaps", "ConfigMap", True), ("secrets", "Secret", True), ("services", "Service", True),
        ("pods", "Pod", True), ("namespaces", "Namespace", False),
        ("serviceaccounts", "ServiceAccount", True),
        ("persistentvolumeclaims", "PersistentVolumeClaim", True), ("events", "Event", True),
        ("persistentvolumes", "PersistentVolume", False), ("resourcequotas", "ResourceQuota", True),
    ],
    "apps/v1": [
        ("deployments", "Deployment", True), ("statefulsets", "StatefulSet", True),
        ("daemonsets", "DaemonSet", True),
    ],
    "batch/v1": [("jobs", "Job", True), ("cronjobs", "CronJob", True)],
    "networking.k8s.io/v1": [("ingresses", "Ingress", True)],
    "discovery.k8s.io/v1": [("endpointslices", "EndpointSlice", True)],
    "storage.k8s.io/v1": [("storageclasses", "StorageClass", False)],
    "rbac.authorization.k8s.io/v1": [
        ("roles", "Role", True), ("rolebindings", "RoleBinding", True),
        ("clusterroles", "ClusterRole", False),
    ],
    "apiextensions.k8s.io/v1": [("customresourcedefinitions", "CustomResourceDefinition", False)],
    "fx.example.com/v1": [("widgets", "Widget", True), ("gizmos", "Gizmo", True)],
}  # fmt: skip


_BUILT_IN = ("kubernetes.io/", "customresourcecleanup.apiextensions.k8s.io")
"""Finalizers whose controllers a cluster has; here they are done at once."""


@dataclass
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def dry(self) -> bool:
        return self.query.get("dryRun") == "All"


@dataclass
class Reply:
    """An answer: a JSON body or raw bytes, cut off at its end, or a byte at a time, `drip` seconds apart."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False
    drip: float = 0.0


Script = Callable[[Call], Reply | None]


def refuse(status: int, reason: str, message: str, **headers: str) -> Reply:
    """A Status object."""
    body = {
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "code": status,
        "reason": reason,
        "message": message,
    }
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class ApiDouble:
    """The server; `script` sees each request first and may answer in its place."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.kinds = {version: list(kinds) for version, kinds in KINDS.items()}
        self.script: Script = lambda call: None
        self.applied: dict[tuple[str, str], dict[str, Any]] = {}
        self._version = 0
        self._watchers: list[queue.Queue[bytes | None]] = []
        self._lock = threading.RLock()
        self.closing = threading.Event()
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # headers and body in one packet: two cost 40 ms of delayed acknowledgement

            def serve(self) -> None:
                double.handle(self)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.serve)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that hangs up is nobody's error."""

        self.server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def close(self) -> None:
        self.closing.set()
        for watcher in list(self._watchers):
            watcher.put(None)
        self.server.shutdown()
        self.server.server_close()

    def kubeconfig(self, **user: Any) -> str:
        return self.kubeconfig_of(self.url, **user)

    @staticmethod
    def kubeconfig_of(server: str, **user: Any) -> str:
        return json.dumps(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "x",
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "users": [{"name": "u", "user": user}],
            }
        )  # fmt: skip

    def put(self, path: str, obj: dict[str, Any]) -> dict[str, Any]:
        """Store an object as another client would, and tell the watchers."""
        with self._lock:
            self._version += 1
            meta = {
                "uid": f"uid-{self._version}",
                **(obj.get("metadata") or {}),
                "resourceVersion": str(self._version),
            }
            stored = {**obj, "metadata": meta}
            self.objects[path] = stored
        self._ring("MODIFIED", stored)
        return stored

    def remove(self, path: str) -> None:
        with self._lock:
            gone = self.objects.pop(path)
        self._ring("DELETED", gone)

    def drop_watches(self) -> None:
        """End every watch, as a restarting API server does."""
        for watcher in list(self._watchers):
            watcher.put(None)

    def methods(self) -> list[str]:
        """The methods and paths of all requests but discovery and watches."""
        return [
            f"{call.method} {call.path}"
            for call in self.calls
            if "watch" not in call.query
            and call.path.count("/") > (3 if call.path.startswith("/apis") else 2)
        ]

    def _ring(self, event: str, obj: dict[str, Any]) -> None:
        line = json.dumps({"type": event, "object": obj}).encode() + b"\n"
        for watcher in list(self._watchers):
            watcher.put(line)

    def handle(self, http: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(http.path)
        size = int(http.headers.get("Content-Length") or 0)
        data = http.rfile.read(size)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        call = Call(
            http.command, unquote(parts.path), query, json.loads(data) if data else None, dict(http.headers)
        )
        with self._lock:
            self.calls.append(call)
        reply = self.script(call)
        if reply is None and "watch" in query:
            self._watch(http)
            return
        self._send(http, reply or self._answer(call))

    def _send(self, http: BaseHTTPRequestHandler, reply: Reply) -> None:
        data = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
        http.send_response(reply.status)
        for name, value in reply.headers.items():
            http.send_header(name, value)
        http.send_header("Content-Type", "application/json")
        http.send_header("Content-Length", str(len(data) + (10 if reply.cut else 0)))
        http.end_headers()
        if reply.drip:
            self._drip(http, data, reply.drip)
        else:
            http.wfile.write(data)
        if reply.cut:
            http.close_connection = True

    def _drip(self, http: BaseHTTPRequestHandler, data: bytes, seconds: float) -> None:
        try:
            for byte in data:
                http.wfile.write(bytes([byte]))
                http.wfile.flush()
                if self.closing.wait(seconds):
                    break
        except OSError:
            pass  # nobody wants the rest
        http.close_connection = True

    def _watch(self, http: BaseHTTPRequestHandler) -> None:
        lines: queue.Queue[bytes | None] = queue.Queue()
        self._watchers.append(lines)
        http.send_response(200)
        http.send_header("Connection", "close")
        http.end_headers()
        http.close_connection = True
        try:
            while (line := lines.get()) is not None:
                http.wfile.write(line)
                http.wfile.flush()
        except OSError:
            pass
        finally:
            self._watchers.remove(lines)

    def _answer(self, call: Call) -> Reply:
        segments = call.path.strip("/").split("/")
        version = segments[1] if segments[0] == "api" else "/".join(segments[1:3])
        rest = segments[2:] if segments[0] == "api" else segments[3:]
        if version not in self.kinds:
            return refuse(404, "NotFound", "the server could not find the requested resource")
        if not rest:
            listed = [
                {"name": plural, "kind": kind, "namespaced": spaced, "verbs": ["create", "get"]}
                for plural, kind, spaced in self.kinds[version]
            ]
            return Reply(body={"kind": "APIResourceList", "resources": listed})
        plural, name = (
            (rest[2], rest[3:]) if rest[0] == "namespaces" and len(rest) > 2 else (rest[0], rest[1:])
        )
        with self._lock:
            if not name:
                return self._post(call, plural) if call.method == "POST" else self._list(call)
            return self._one(call, plural, name[0])

    def _list(self, call: Call) -> Reply:
        wanted = dict(
            part.split("=") for part in call.query.get("labelSelector", "").split(",") if "=" in part
        )
        prefix = call.path.rstrip("/") + "/"
        found = [
            obj
            for path, obj in self.objects.items()
            if path.startswith(prefix) and wanted.items() <= (obj["metadata"].get("labels") or {}).items()
        ]
        return Reply(body={"kind": "List", "items": found})

    def _post(self, call: Call, plural: str) -> Reply:
        name = (call.body.get("metadata") or {}).get("name")
        path = f"{call.path}/{name}"
        if path in self.objects:
            return refuse(409, "AlreadyExists", f'{plural} "{name}" already exists')
        entry = applying.entry(call.query.get("fieldManager"), "Update", call.body)
        meta = {**call.body["metadata"], "managedFields": [entry]}
        created = {**call.body, "metadata": meta}
        if call.dry:
            return Reply(201, created)
        return Reply(201, self.put(path, created))

    def _one(self, call: Call, plural: str, name: str) -> Reply:
        live = self.objects.get(call.path)
        if live is None and not (call.method == "PATCH" and "apply" in call.headers.get("Content-Type", "")):
            return refuse(404, "NotFound", f'{plural} "{name}" not found')
        if call.method == "GET":
            return Reply(body=live)
        if call.method == "DELETE":
            assert live is not None
            if any(not name.startswith(_BUILT_IN) for name in live["metadata"].get("finalizers") or []):
                self.put(
                    call.path,
                    {**live, "metadata": {**live["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}},
                )
            else:
                self.remove(call.path)
            return Reply(body={"kind": "Status", "status": "Success"})
        if call.method == "PUT":
            return Reply(body=call.body if call.dry else self.put(call.path, call.body))
        if "json-patch" in call.headers.get("Content-Type", ""):
            return self._json_patch(call, live or {})
        if "merge-patch" in call.headers.get("Content-Type", ""):
            manager = call.query.get("fieldManager")
            return Reply(body=self.put(call.path, applying.merge_patched(live or {}, manager, call.body)))
        return self._apply(call, live)

    def _json_patch(self, call: Call, live: dict[str, Any]) -> Reply:
        tested, replaced = call.body
        if tested["value"] != live["metadata"]["resourceVersion"]:
            return refuse(422, "Invalid", "the server rejected our request due to an error in our request")
        return Reply(
            body=self.put(
                call.path, {**live, "metadata": {**live["metadata"], "managedFields": replaced["value"]}}
            )
        )

    def _apply(self, call: Call, live: dict[str, Any] | None) -> Reply:
        manager = call.query["fieldManager"]
        entries = list((live or {}).get("metadata", {}).get("managedFields") or [])
        wanted = applying.fields(call.body)
        if call.query.get("force") != "true":
            for entry in entries:
                for path in applying.leaves(entry.get("fieldsV1") or {}):
                    if (
                        entry["manager"] != manager
                        and path in applying.leaves(wanted)
                        and applying.value(live, path) != applying.value(call.body, path)
                    ):
                        shown = "." + ".".join(step.removeprefix("f:") for step in path)
                        using = "" if entry["operation"] == "Apply" else " using v1"
                        with_whom = f'conflict with "{entry["manager"]}"{using}: {shown}'
                        return refuse(409, "Conflict", f"Apply failed with 1 conflict: {with_whom}")
        own = next(
            (entry for entry in entries if entry["manager"] == manager and entry["operation"] == "Apply"),
            None,
        )
        merged = json.loads(json.dumps(live or {}))
        held = {
            path
            for entry in entries
            if entry is not own
            for path in applying.leaves(entry.get("fieldsV1") or {})
        }
        for path in applying.leaves((own or {}).get("fieldsV1") or {}):
            if path not in applying.leaves(wanted) and path not in held:
                applying.drop(merged, path)
        merged = applying.merge(merged, call.body)
        entry = {"manager": manager, "operation": "Apply", "fieldsV1": wanted}
        kept = [one for one in entries if one is not own]
        if call.query.get("force") == "true":
            kept = [
                one
                for one in kept
                if not set(applying.leaves(one.get("fieldsV1") or {})) & set(applying.leaves(wanted))
                or one["manager"] == manager
            ]
        merged["metadata"]["managedFields"] = [*([entry] if wanted else []), *kept]
        return Reply(body=merged if call.dry else self.put(call.path, merged))


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
