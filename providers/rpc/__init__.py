"""The half of a Pulumi provider plugin that every provider shares: values, wire format, server, engine.

A plugin derives from `Provider`, implements the RPCs it serves and hands an instance to `serve`. Values
are plain Python (`dict`, `list`, `str`, `int`, `float`, `bool`, `None`) with two marks: `Secret` wraps a
value that must never be shown, `UNKNOWN` stands for one that only exists after the deployment.

Importing this package does not import gRPC, nor the Pulumi SDK: a plugin must be up in a fifth of a second.
"""

from providers.rpc.codec import CodecError, decode_struct, encode_struct
from providers.rpc.errors import InitFailed, RpcError
from providers.rpc.values import UNKNOWN, Output, Secret, Unknown, has_unknowns, reveal

__all__ = [
    "UNKNOWN",
    "CodecError",
    "InitFailed",
    "Output",
    "RpcError",
    "Secret",
    "Unknown",
    "decode_struct",
    "encode_struct",
    "has_unknowns",
    "reveal",
]
