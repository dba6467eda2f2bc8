"""What programs of these tests begin with, and what the engine is told that runs them."""

from __future__ import annotations

HEEDS_INTERRUPTS = """\
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
"""
"""As the real program does: a refused one else ends five seconds late, when the engine kills it."""

UNASKED = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
}
"""Variables with which engine and language host ask nobody on the network for anything."""
