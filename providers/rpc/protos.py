"""Pulumi's protobuf messages, loaded without `import pulumi`.

The SDK's package imports 0.2 s of modules that a provider has no use for, and its `proto` package lies
below it. So `pulumi` and `pulumi.runtime` are stubbed while the generated modules load, and the stubs
removed again: a later real `import pulumi` in the same process (the tests do that) finds the generated
modules and is otherwise unharmed. `pulumi.runtime.proto` is the only private surface of the SDK in use; a
test pins it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_PROTO: Final = "pulumi.runtime.proto"


def load(*names: str) -> list[Any]:
    """Generated modules of `pulumi.runtime.proto`."""
    stubs: list[str] = []
    if "pulumi" not in sys.modules:
        found = importlib.util.find_spec("pulumi")
        if found is None or found.origin is None:
            raise ImportError("the package pulumi is not installed in this Python environment")
        root = Path(found.origin).parent
        for name, folder in (("pulumi", root), ("pulumi.runtime", root / "runtime")):
            stub = ModuleType(name)
            stub.__path__ = [str(folder)]
            sys.modules[name] = stub
            stubs.append(name)
    try:
        return [importlib.import_module(f"{_PROTO}.{name}") for name in names]
    finally:
        for name in stubs:
            del sys.modules[name]


provider_pb2, plugin_pb2, engine_pb2, resource_pb2 = load(
    "provider_pb2", "plugin_pb2", "engine_pb2", "resource_pb2"
)
