"""The one error of this package."""

from __future__ import annotations

from components.errors import PlatformError


class SettingsError(PlatformError):
    """A stack file cannot be used; `problems` has everything that is wrong with it, in the file's order."""
