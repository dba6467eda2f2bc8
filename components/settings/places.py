"""What a place in the stack file means: its field, its siblings, its choices.

Error messages quote the same docstrings that the JSON schema shows, so that there is one text to keep true.
"""

from __future__ import annotations

import re
import types
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from components.settings.base import Model
from components.settings.keys import Path

# Words that people bring along from KServe's own vocabulary and from older tools.
SYNONYMS = {"serverless": "knative", "rawdeployment": "standard", "master": "control-plane"}


@dataclass(frozen=True)
class Place:
    """One place below a model.

    Attributes:
        owner: The model whose key it is, or is within.
        field: The field; None for a key that the model does not have.
        annotation: Type of the value there.
    """

    owner: type[Model]
    field: FieldInfo | None
    annotation: Any

    @property
    def meaning(self) -> str:
        """First sentence of the field's documentation."""
        text = " ".join((self.field.description or "").split()) if self.field else ""
        sentence = re.split(r"\.(?: (?=[A-Z`])|$)", text)[0]
        # "Folder on this machine" begins a reason in lower case; "TCP port", "KServe" and "ClusterX" do not.
        return sentence[0].lower() + sentence[1:] if sentence.split(" ")[0][1:].islower() else sentence

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that are allowed here; empty where any is."""
        return get_args(self.annotation) if get_origin(self.annotation) is Literal else ()

    @property
    def optional(self) -> bool:
        """Whether the key may be left away."""
        return self.field is None or not self.field.is_required()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the mapping here; empty where it is none or takes any."""
        return keys_of(self.annotation) if _is_model(self.annotation) else ()

    @property
    def required_keys(self) -> tuple[str, ...]:
        """Those of the keys here that have no default."""
        if not _is_model(self.annotation):
            return ()
        fields = self.annotation.model_fields.items()
        return tuple(field.alias or name for name, field in fields if field.is_required())


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def keys_of(model: type[Model]) -> tuple[str, ...]:
    """The keys of a model as a stack file writes them."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def parents_of(key: str, model: type[Model]) -> tuple[str, ...]:
    """The keys of a model below which `key` would be known."""
    inner = {field.alias or name: _bare(field.annotation) for name, field in model.model_fields.items()}
    return tuple(name for name, below in inner.items() if _is_model(below) and key in keys_of(below))


def place_of(model: type[Model], path: Path) -> Place:
    """Find what a path below a model stands for."""
    place = Place(model, None, model)
    for step in path:
        place = _within(place, step)
    return place


def _within(place: Place, step: str | int) -> Place:
    inner = _bare(place.annotation)
    if _is_model(inner):
        for name, field in inner.model_fields.items():
            if step == field.alias or step == name:
                return Place(inner, field, _bare(field.annotation))
        return Place(inner, None, None)
    arguments = get_args(inner)
    if not arguments:
        return Place(place.owner, place.field, None)
    value = arguments[0] if get_origin(inner) is tuple else arguments[-1]
    return Place(place.owner, place.field, _bare(value))


def _bare(annotation: Any) -> Any:
    """A type without its `Annotated` and without its `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return _bare(next(inner for inner in get_args(annotation) if inner is not type(None)))
    return annotation


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that was most likely meant; None if none comes near."""
    folded = {_fold(name): name for name in reversed(known)}
    target = SYNONYMS.get(_fold(word), word)
    if target in known:
        return target
    close = get_close_matches(_fold(word), folded, n=1, cutoff=0.7)
    if close:
        return folded[close[0]]
    containing = [
        name
        for name in known
        if len(word) > 3 and (_fold(word) in _fold(name) or _fold(word).startswith(_fold(name)))
    ]
    return containing[0] if containing else None


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
