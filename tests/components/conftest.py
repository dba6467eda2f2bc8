"""Fixtures of everything that runs on the double of the engine."""

from __future__ import annotations

import pytest

from tests.components.mocks import Recorder


@pytest.fixture
def recorder() -> Recorder:
    """The double of the Pulumi engine, new for each test."""
    return Recorder()
