"""Where the engine's files are: all of them in the cache, so that the checkout stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from machine.cache import Cache

PROJECT = "kserve-platform"
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The files of one stack, in a checkout and in a cache.

    Attributes:
        cache: Holds everything below `state/` and `logs/`.
        stack: Name of the stack, as in `stacks/Pulumi.<stack>.yaml`.
        checkout: Root of the checkout: where Pulumi.yaml is.
    """

    cache: Cache
    stack: str
    checkout: Path = CHECKOUT

    @property
    def stack_file(self) -> Path:
        """The settings that a person edits."""
        return self.checkout / "stacks" / f"Pulumi.{self.stack}.yaml"

    @property
    def engine_stack_file(self) -> Path:
        """The copy that the engine reads, because it writes `encryptionsalt` into what it reads."""
        return self.cache.path("state", "config", f"Pulumi.{self.stack}.yaml")

    @property
    def backend(self) -> Path:
        """Folder of Pulumi's file backend."""
        return self.cache.path("state", "backend")

    @property
    def checkpoint(self) -> Path:
        """The stack's state, as the file backend names it."""
        return self.backend / ".pulumi" / "stacks" / PROJECT / f"{self.stack}.json"

    @property
    def locks(self) -> Path:
        """Folder of the stack's lock files, as the file backend names it."""
        return self.backend / ".pulumi" / "locks" / "organization" / PROJECT / self.stack

    @property
    def passphrase(self) -> Path:
        """File with the passphrase that the state's secrets are encrypted under."""
        return self.cache.path("state", "passphrase")

    @property
    def kubeconfig(self) -> Path:
        """The cluster's kubeconfig for a person's shell, which only that person can read."""
        return self.cache.path("state", "kubeconfigs", f"{self.stack}.yaml")

    @property
    def home(self) -> Path:
        """PULUMI_HOME: the engine's own logs and plugins."""
        return self.cache.path("state", "home")

    @property
    def session(self) -> Path:
        """Which engine process was started for the stack, for whoever comes after a kill."""
        return self.cache.path("state", "sessions", f"{self.stack}.json")

    @property
    def judged(self) -> Path:
        """The fingerprint of the plan that the policies judged and that was carried out."""
        return self.cache.path("state", "judged", self.stack)

    def log(self, name: str) -> Path:
        """A log file of the stack."""
        return self.cache.path("logs", f"{self.stack}-{name}.log")
