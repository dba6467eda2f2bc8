"""Started by `bin/pulumi-resource-aws`, which the engine finds on PATH in these tests only."""

from __future__ import annotations

import os
import sys

from providers.rpc.server import serve
from tests.aws.plugin.provider import AwsDouble

ENDPOINT = "KSERVE_TEST_AWS_ENDPOINT"
"""URL of the double of AWS. There is no default, so that nothing can be asked by mistake."""

if __name__ == "__main__":
    serve(AwsDouble(os.environ[ENDPOINT]), sys.argv[1:], "KSERVE_TEST_AWS_LOG")
