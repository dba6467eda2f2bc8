"""Between values as the engine sends them and values as rules see them: what is secret, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.secret import Secret
from policies.unknown import UNKNOWN
from providers.rpc import UNKNOWN as SENT_UNKNOWN
from providers.rpc import Output
from providers.rpc import Secret as SentSecret


def plain(value: Any) -> Any:
    """A value as a rule judges it: secrets bare, what is unknown as UNKNOWN."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, SentSecret | Output):
        return plain(value.value)
    return UNKNOWN if value is SENT_UNKNOWN else value


def with_secrets(value: Any) -> Any:
    """A value as a rule mends it: what is secret stays marked."""
    if isinstance(value, dict):
        return {key: with_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_secrets(inner) for inner in value]
    if isinstance(value, SentSecret) or (isinstance(value, Output) and value.secret):
        return Secret(with_secrets(value.value))
    if isinstance(value, Output):
        return with_secrets(value.value)
    return UNKNOWN if value is SENT_UNKNOWN else value


def returned(value: Any) -> Any:
    """A mended value as it is sent back."""
    if value is UNKNOWN:
        return SENT_UNKNOWN
    if isinstance(value, Secret):
        return SentSecret(returned(value.value))
    if isinstance(value, Mapping):
        return {key: returned(inner) for key, inner in value.items()}
    return [returned(inner) for inner in value] if isinstance(value, list | tuple) else value
