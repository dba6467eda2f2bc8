"""What holds for every test."""

from __future__ import annotations

import signal

# A script's background job ignores interrupts, and so does whatever it starts: tests that interrupt would
# wait for ever there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
