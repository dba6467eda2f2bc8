"""Turns a recorded case into an API server double that behaves as the real one did then."""

from __future__ import annotations

import json
import re
from typing import Any

from providers.kubernetes.normalise import DASHED, rename_keys
from providers.rpc import reveal
from tests.unit.kubernetes_provider.apidouble import KINDS, ApiDouble, Call, Reply, refuse
from tests.unit.kubernetes_provider.recorded import Case, marked

_OWN = ("__inputs", "__initialApiVersion", "__fieldManager")
_STATUSES = (
    ("not found", 404, "NotFound"),
    ("already exists", 409, "AlreadyExists"),
    ("is forbidden", 403, "Forbidden"),
    ("cannot be handled", 400, "BadRequest"),
    ("is invalid", 422, "Invalid"),
    ("Apply failed with", 409, "Conflict"),
)
_SILENT = {
    "preview-create-missing-namespace": refuse(404, "NotFound", 'namespaces "fx-not-there" not found'),
    "preview-already-exists": refuse(409, "AlreadyExists", 'namespaces "default" already exists'),
    "forbidden-create-preview": refuse(403, "Forbidden", "configmaps is forbidden"),
    "forbidden-update-preview": refuse(403, "Forbidden", "configmaps is forbidden"),
}
"""Refusals that the official provider swallowed, so that the recording does not have them."""


class Replay:
    """The cluster of one case: the object before and after, and what the server refused."""

    def __init__(self, case: Case, pods: list[dict[str, Any]]) -> None:
        self.case = case
        self.pods = pods
        self.before = live_of(case.request.get("olds") or case.request.get("properties") or {})
        details = (case.error or {}).get("details") or []
        self.after = live_of(case.response.get("properties") or (details[0]["properties"] if details else {}))
        message = case.error["message"] if case.error else ""
        self.refusal = _SILENT.get(case.name) or _refusal(message)
        self.cluster_state_is_read = "unable to get cluster state" in message or case.rpc == "Read"
        self.written = False

    def __call__(self, call: Call) -> Reply | None:
        if call.path.count("/") <= (3 if call.path.startswith("/apis") else 2) or "watch" in call.query:
            return None
        if call.method == "GET" and call.path.endswith("/pods"):
            return Reply(body={"items": self.pods})
        if not self._is_target(call):
            return None
        if self.refusal is not None and self._hits(call):
            return self.refusal
        return self._get() if call.method == "GET" else self._write(call)

    def _is_target(self, call: Call) -> bool:
        target = self.after or self.before
        kinds = KINDS.get(str(target.get("apiVersion")), [])
        plurals = [plural for plural, kind, _ in kinds if kind == target.get("kind")]
        return not target or any(plural in call.path.split("/") for plural in plurals)

    def _hits(self, call: Call) -> bool:
        if self.cluster_state_is_read:
            return call.method == "GET"
        if call.query.get("force") == "true" and self.refusal and self.refusal.body["reason"] == "Conflict":
            return False
        return call.method != "GET" and "json-patch" not in call.headers.get("Content-Type", "")

    def _get(self) -> Reply:
        rpc, gone = self.case.rpc, refuse(404, "NotFound", "not found")
        if rpc == "Delete":
            present = self.after if self.written else self.before
            return Reply(body=present) if present and "object-gone" not in self.case.name else gone
        if rpc == "Read":
            return Reply(body=self.after) if self.after else gone
        if rpc == "Create" or self.written:
            return Reply(body=_established(self.after))
        return Reply(body=self.after if self.case.error and self.after else self.before)

    def _write(self, call: Call) -> Reply:
        if "json-patch" in call.headers.get("Content-Type", ""):
            meta = {**self.before["metadata"], "managedFields": call.body[-1]["value"]}
            return Reply(body={**self.before, "metadata": meta})
        self.written = True
        if call.method == "DELETE":
            return Reply(body={"kind": "Status", "status": "Success"})
        return Reply(201, self.after or call.body)


def script(api: ApiDouble, case: Case, pods: list[dict[str, Any]]) -> None:
    """Make the double answer as the cluster did when the case was recorded."""
    api.script = Replay(case, pods)


def _established(live: dict[str, Any]) -> dict[str, Any]:
    """A CRD as it is a moment after its creation: ours waits for that, the official provider does not."""
    if live.get("kind") != "CustomResourceDefinition":
        return live
    return {**live, "status": {"conditions": [{"type": "Established", "status": "True"}]}}


def _refusal(message: str) -> Reply | None:
    lines = message.split("\n")
    text = message.split("apply conflict: ", 1)[1] if "apply conflict: " in message else lines[0]
    for prefix in ("API server: ", " failed: ", "become live: "):
        text = text.split(prefix, 1)[-1]
    return next((refuse(status, reason, text) for words, status, reason in _STATUSES if words in text), None)


def live_of(properties: dict[str, Any]) -> dict[str, Any]:
    """The object that a recorded state is of."""
    plain = {key: item for key, item in reveal(marked(properties)).items() if key not in _OWN}
    found: dict[str, Any] = rename_keys(plain, DASHED)
    return found


def blur(answer: dict[str, Any], volatile: tuple[str, ...]) -> dict[str, Any]:
    """Copy an answer with what differs from run to run set to one value."""
    copied = json.loads(json.dumps({"response": answer}))
    for path in volatile:
        steps = [step.strip('[]"') for step in re.findall(r'\["[^"]*"\]|\[\d+\]|[^.\[]+', path)]
        holder: Any = copied
        for step in steps[:-1]:
            holder = _child(holder, step)
        if _child(holder, steps[-1]) is not None:
            holder[int(steps[-1]) if isinstance(holder, list) else steps[-1]] = "~"
    blurred: dict[str, Any] = copied["response"]
    return blurred


def _child(holder: Any, step: str) -> Any:
    if isinstance(holder, list):
        return holder[int(step)] if int(step) < len(holder) else None
    return holder.get(step) if isinstance(holder, dict) else None
