"""Giving up early: kubeadm waits four minutes for a control plane, also for one that cannot come any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from providers.platform.kind.engine import NodeEngine

_EVERY_SECONDS = 5.0
_LOOK = (
    "systemctl show --property=NRestarts --value containerd; "
    "systemctl show --property=NRestarts --value kubelet; "
    "journalctl --unit=kubelet --output=cat --no-pager | grep --count CreatePodSandboxError || true"
)


@dataclass(frozen=True)
class Symptoms:
    """How often something went wrong on a node since it started."""

    containerd_restarts: int
    kubelet_restarts: int
    failed_sandboxes: int

    def hopeless(self) -> bool:
        """Whether this many are no teething troubles: a good node has none, a slow one a few."""
        return self.containerd_restarts >= 5 or self.kubelet_restarts >= 15 or self.failed_sandboxes >= 20


def read_symptoms(text: str) -> Symptoms | None:
    """Read what the look printed; None where it could not look."""
    numbers = [int(word) for word in text.split() if word.isdigit()]
    return Symptoms(*numbers) if len(numbers) == 3 else None


@contextmanager
def watched(engine: NodeEngine, cluster: str) -> Iterator[threading.Event]:
    """Look at a cluster's nodes while the block runs; the event is set once one of them is beyond hope."""
    hopeless, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY_SECONDS):
            for node in engine.nodes(cluster):
                symptoms = read_symptoms(engine.try_execute(node.name, "sh", "-c", _LOOK))
                if symptoms is not None and symptoms.hopeless():
                    hopeless.set()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield hopeless
    finally:
        over.set()
        thread.join()
