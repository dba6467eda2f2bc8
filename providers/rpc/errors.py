"""What a provider may answer besides a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.rpc.codec import encode_struct
from providers.rpc.wire import delimited, varint

UNKNOWN_CODE = 2
"""gRPC status UNKNOWN: what the engine expects for every failure that it shall print as it is."""
_INIT_FAILED = "type.googleapis.com/pulumirpc.ErrorResourceInitFailed"


class RpcError(Exception):
    """A failure that the user is meant to read.

    Attributes:
        message: The text, printed by the engine as it stands.
        code: The gRPC status code, UNKNOWN unless the engine treats another one specially.
    """

    def __init__(self, message: str, code: int = UNKNOWN_CODE) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def details(self) -> bytes | None:
        """The google.rpc.Status for the trailing metadata `grpc-status-details-bin`, where there is one."""
        return None


class InitFailed(RpcError):
    """The object exists but did not become what it should: the engine keeps it, with the reasons.

    Without this the engine forgets a created object, and the next `up` meets its own leftovers.
    """

    def __init__(
        self,
        message: str,
        *,
        id: str,  # noqa: A002  the name in pulumirpc.ErrorResourceInitFailed
        properties: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
        reasons: Sequence[str],
    ) -> None:
        super().__init__(message)
        self.id = id
        self.properties = dict(properties)
        self.inputs = None if inputs is None else dict(inputs)
        self.reasons = tuple(reasons)

    def details(self) -> bytes:
        failed = b"".join(
            [
                delimited(1, self.id.encode()),
                delimited(2, encode_struct(self.properties)),
                *(delimited(3, reason.encode()) for reason in self.reasons),
                b"" if self.inputs is None else delimited(4, encode_struct(self.inputs)),
            ]
        )
        packed = delimited(1, _INIT_FAILED.encode()) + delimited(2, failed)
        status = varint(1 << 3) + varint(self.code)
        return status + delimited(2, self.message.encode()) + delimited(3, packed)
