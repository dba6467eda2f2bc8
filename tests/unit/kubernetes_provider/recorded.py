"""Reads the recorded cases of the official provider and asks ours the same (see their README for the
format).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from providers.kubernetes.provider import KubernetesProvider
from providers.rpc import UNKNOWN, InitFailed, RpcError, Secret
from providers.rpc.envelope import Envelope, Message
from providers.rpc.protos import provider_pb2
from providers.rpc.server import snake_case

FIXTURES = Path(__file__).parents[4] / "shared" / "provider-fixtures"
_METHODS = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"].methods_by_name


@dataclass(frozen=True)
class Case:
    """One recorded call: its request and the official answer, as plain JSON."""

    name: str
    rpc: str
    token: str
    request: dict[str, Any]
    response: dict[str, Any]
    config: dict[str, str] = field(default_factory=dict)
    volatile: tuple[str, ...] = ()

    @property
    def error(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.response.get("error")
        return found


def load(folder: str) -> list[Case]:
    """Return the cases of a folder, in order; fails where the recordings are not beside the checkout."""
    if not (FIXTURES / folder).is_dir():
        raise FileNotFoundError(
            f"{FIXTURES / folder} is missing: the recorded answers of the official provider must lie in "
            f"the folder "
            "'shared' beside this checkout"
        )
    return [_case(json.loads(path.read_text())) for path in sorted((FIXTURES / folder).glob("*.json"))]


def _case(found: dict[str, Any]) -> Case:
    return Case(
        found["case"], found["rpc"], found.get("token") or "", found["request"], found["response"],
        found.get("config") or {}, tuple(found.get("volatile") or ()),
    )  # fmt: skip


def ask(provider: KubernetesProvider, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the provider and return its answer in the form of the recordings."""
    method = _METHODS[rpc]
    names = {_camel(one.name): one for one in method.input_type.fields}
    plain: dict[str, Any] = {}
    structs: dict[str, Any] = {}
    for key, value in request.items():
        descriptor = names[key]
        if descriptor.message_type is not None and descriptor.message_type.full_name.endswith("Struct"):
            if value is not None:
                structs[descriptor.name] = marked(value)
        elif key == "autonaming":
            plain[descriptor.name] = {_snake(name): item for name, item in value.items()}
        elif key == "randomSeed":
            plain[descriptor.name] = bytes.fromhex(value)
        else:
            plain[descriptor.name] = value
    message = Message(Envelope(method.input_type).type(**plain), structs)
    try:
        answer = getattr(provider, snake_case(rpc))(message)
    except RpcError as error:
        return {"error": _error(error)}
    return _answer(method.output_type, answer)


def _answer(descriptor: Any, answer: Message) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for one in descriptor.fields:
        if one.message_type is not None and one.message_type.full_name.endswith("Struct"):
            found = answer.structs.get(one.name)
            result[one.name] = None if found is None else unmarked(found)
        elif one.name == "failures":
            result["failures"] = [
                {"property": f.property, "reason": f.reason} for f in answer.fields.failures
            ]
        elif one.name == "detailedDiff":
            result["detailedDiff"] = {
                path: {"kind": provider_pb2.PropertyDiff.Kind.Name(entry.kind), "inputDiff": entry.inputDiff}
                for path, entry in answer.fields.detailedDiff.items()
            }
        elif one.enum_type is not None:
            result[one.name] = one.enum_type.values_by_number[getattr(answer.fields, one.name)].name
        else:
            value = getattr(answer.fields, one.name)
            result[one.name] = list(value) if one.label == one.LABEL_REPEATED else value
    return result


def _error(error: RpcError) -> dict[str, Any]:
    details = []
    if isinstance(error, InitFailed):
        details.append(
            {
                "type": "pulumirpc.ErrorResourceInitFailed", "id": error.id,
                "properties": unmarked(error.properties), "reasons": list(error.reasons),
                "inputs": None if error.inputs is None else unmarked(error.inputs),
            }
        )  # fmt: skip
    return {"code": "UNKNOWN", "message": error.message, "details": details}


def marked(value: Any) -> Any:
    """Read the marks of the recordings."""
    if isinstance(value, dict):
        if "$secret" in value:
            return Secret(marked(value["$secret"]))
        return UNKNOWN if "$unknown" in value else {key: marked(item) for key, item in value.items()}
    return [marked(item) for item in value] if isinstance(value, list) else value


def unmarked(value: Any) -> Any:
    """Write marks as the recordings do."""
    if isinstance(value, Secret):
        return {"$secret": unmarked(value.value)}
    if value is UNKNOWN:
        return {"$unknown": True}
    if isinstance(value, dict):
        return {key: unmarked(item) for key, item in value.items()}
    return [unmarked(item) for item in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
