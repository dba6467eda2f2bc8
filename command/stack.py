"""Opening a stack: its settings are judged whole before anything else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command.engine.places import Places
from components.settings.load import load_stack_file
from components.settings.unbuilt import refuse_unbuilt
from machine.cache import Cache

if TYPE_CHECKING:
    from components.settings.model import Settings


def open_stack(name: str, cache: Cache | None = None) -> tuple[Places, Settings]:
    """Find a stack's files and read its settings.

    Raises:
        SettingsError: With every problem of the stack file at once; nothing was touched.
    """
    places = Places(cache or Cache.default(), name)
    settings = load_stack_file(places.stack_file)
    refuse_unbuilt(settings)
    return places, settings
