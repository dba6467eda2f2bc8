"""What programs of these tests begin with."""

from __future__ import annotations

HEEDS_INTERRUPTS = """\
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
"""
"""As the real program does: a refused one else ends five seconds late, when the engine kills it."""
