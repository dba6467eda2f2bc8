"""Where objects name images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Knative's is a field of a ConfigMap: the image that its controller puts beside every predictor.
_FIELDS = ("image", "queue-sidecar-image")


def image_fields(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place in an object that names an image, as the mapping that holds it and the field's name."""
    if isinstance(value, dict):
        for field in _FIELDS:
            if isinstance(value.get(field), str) and value[field]:
                yield value, field
        for item in value.values():
            yield from image_fields(item)
    elif isinstance(value, list):
        for item in value:
            yield from image_fields(item)


def references_in(objects: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The images that objects name, each once, in order.

    Those that controllers choose themselves, like the proxy of a gateway, are named nowhere in a manifest.
    """
    found = {holder[field]: None for each in objects for holder, field in image_fields(dict(each))}
    return tuple(found)
