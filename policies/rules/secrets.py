"""Secrets are Pulumi secrets, and never literals in an object that everybody may read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from policies.kubernetes.parts import INFERENCE_SERVICE, RUNTIMES, WORKLOADS, Part, containers, each, whole
from policies.rule import Context, Finding, Level, Levels, Resource, Rule, Severity
from policies.secret import Secret
from policies.unknown import UNKNOWN

_SECRET, _CONFIG_MAP = "kubernetes:core/v1:Secret", "kubernetes:core/v1:ConfigMap"
# What names of variables end in when their values are credentials. TOKEN_LIMIT or SECRET_NAME are not.
_NAMES = re.compile(r"(?i)(^|_)(password|passwd|secret|token|secret_?access_?key|access_?key_?id|api_?key)$")
# The shapes that AWS, GitHub, Hugging Face and OpenAI give their keys, and the head of a private key.
_SHAPES = re.compile(
    r"\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{36,}|\bhf_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9_-]{32,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def literals(resource: Resource, context: Context) -> Iterator[Finding]:
    """Judge the variables of containers, and the texts of ConfigMaps."""
    if resource.type == _CONFIG_MAP:
        data = whole(resource).at("data")
        if data.value is UNKNOWN:
            texts = [data]
        else:
            texts = [data.at(key) for key in data.value or {}]
        yield from each(resource, texts, partial(_text, resource))
    elif resource.type != _SECRET:
        variables = (one for container in containers(resource) for one in container.entries("env"))
        yield from each(resource, variables, partial(_variable, resource))


def _variable(resource: Resource, variable: Part) -> Iterator[Finding]:
    name, value = variable.at("name"), variable.at("value")
    # Without a literal there is nothing to hide; a literal that is not known yet may be one.
    if value.value is None:
        return
    if _NAMES.search(str(name.value or "")) and value.value != "":
        yield _hidden(resource, value, f"the variable {name.value}")
    else:
        yield from _text(resource, value)


def _text(resource: Resource, part: Part) -> Iterator[Finding]:
    if part.value and _SHAPES.search(str(part.value)):
        yield _hidden(resource, part, "a text in the shape of a key")


def _hidden(resource: Resource, part: Part, what: str) -> Finding:
    return Finding(
        where=part.where,
        seen=f"{what}; its value is not shown",
        why="whoever may look at the object, at the state or at a log has the key",
        fix="put it into a Secret as a Pulumi secret, and name that with valueFrom.secretKeyRef",
        urn=resource.urn,
    )


def encrypt(resource: Resource, context: Context) -> Mapping[str, Any] | None:
    """Have Pulumi encrypt what a Secret holds; None where it does already, or there is nothing."""
    if resource.type != _SECRET:
        return None
    bare = {
        key: resource.props[key]
        for key in ("data", "stringData")
        if resource.props.get(key, UNKNOWN) is not UNKNOWN and not _encrypted(resource.props[key])
    }
    return {**resource.props, **{key: Secret(value) for key, value in bare.items()}} if bare else None


def _encrypted(value: Any) -> bool:
    """Whether a whole mapping is secret, each of its values is, or it holds nothing."""
    if isinstance(value, Secret) or not value:
        return True
    return all(isinstance(inner, Secret) or inner is UNKNOWN for inner in value.values())


RULES = (
    Rule(
        id="no-plaintext-secret",
        title="Keys are in Secrets, and Pulumi keeps those encrypted",
        severity=Severity.CRITICAL,
        levels=Levels(Level.REMEDIATE, Level.REMEDIATE, Level.REMEDIATE),
        types=(_SECRET, _CONFIG_MAP, INFERENCE_SERVICE, *RUNTIMES, *WORKLOADS),
        check=literals,
        remediate=encrypt,
    ),
)
