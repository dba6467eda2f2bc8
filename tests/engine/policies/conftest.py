"""A stack with the pack, named by the test's parameter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.policies.stacks import Stack


@pytest.fixture
def stack(tmp_path: Path, request: pytest.FixtureRequest) -> Stack:
    return Stack(tmp_path, request.param)
