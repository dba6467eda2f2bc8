"""The private surface of the Pulumi SDK that the providers stand on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from providers.rpc import codec
from providers.rpc.protos import engine_pb2, provider_pb2

_ROOT = Path(__file__).parents[3]


def test_the_sdk_has_the_rpcs_that_we_serve() -> None:
    names = set(provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"].methods_by_name)

    assert names >= {
        "Handshake", "GetSchema", "CheckConfig", "DiffConfig", "Configure", "Invoke", "Check", "Diff",
        "Create", "Read", "Update", "Delete", "Construct", "Cancel", "GetPluginInfo", "Attach",
    }  # fmt: skip
    assert "Log" in engine_pb2.DESCRIPTOR.services_by_name["Engine"].methods_by_name


def test_the_sdk_marks_special_values_as_we_do() -> None:
    from pulumi.runtime import rpc

    assert rpc._special_sig_key == codec.SIGNATURE
    assert rpc._special_secret_sig == codec.SECRET
    assert rpc._special_output_value_sig == codec.OUTPUT
    assert rpc.UNKNOWN == codec.UNKNOWN_TEXT
    assert {rpc._special_asset_sig, rpc._special_archive_sig, rpc._special_resource_sig} == set(
        codec._REFUSED
    )


def test_loading_the_messages_does_not_load_the_sdk_and_does_not_harm_it() -> None:
    program = (
        "import sys\n"
        "from providers.rpc.protos import provider_pb2\n"
        "assert 'pulumi' not in sys.modules and 'pulumi.runtime.rpc' not in sys.modules\n"
        "import pulumi\n"
        "from pulumi.runtime.proto import provider_pb2 as theirs\n"
        "assert theirs is provider_pb2\n"
        "assert issubclass(pulumi.CustomResource, pulumi.Resource)\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
