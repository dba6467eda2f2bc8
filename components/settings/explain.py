"""pydantic's errors as problems that a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

from components.errors import Problem
from components.settings.base import Model
from components.settings.form import ERROR_PREFIX
from components.settings.keys import Path, key_of
from components.settings.places import Place, keys_of, nearest, parents_of, place_of
from components.settings.plain import key_text
from components.settings.seen import seen


@dataclass(frozen=True)
class Fault:
    """One refused value.

    Attributes:
        path: Where it is, section first.
        place: What is expected there.
        value: What was written there.
        details: What the check itself said.
        elsewhere: Models that this one is an alternative to, by what chooses them, to recognise their keys.
    """

    path: Path
    place: Place
    value: object
    details: Mapping[str, Any]
    elsewhere: Mapping[str, type[Model]]

    def problem(self, what: str, *, why: str = "", fix: str, show: bool = True) -> Problem:
        """Tell this fault; the meaning of the key is the reason where there is no better one."""
        why = why or self.place.meaning
        return Problem(
            what=what, why=why, fix=fix, key=key_of(self.path), seen=seen(self.value) if show else None
        )


def explain(
    error: ErrorDetails, model: type[Model], root: Path, written: object, elsewhere: Mapping[str, type[Model]]
) -> Problem | None:
    """Translate one pydantic error of `model`, which was read at `root` from the value `written`.

    None where it only follows from another error: pydantic calls a list empty whose items are all wrong.
    """
    location, value = locate(error, written)
    fault = Fault((*root, *location), place_of(model, location), value, error.get("ctx", {}), elsewhere)
    kind = error["type"]
    if kind == "too_short" and value:
        return None
    if kind.startswith(ERROR_PREFIX):
        return _form(fault)
    if value is None and kind not in {"missing", "extra_forbidden"}:
        return _no_value(fault)
    return EXPLANATIONS[kind](fault)


def locate(error: ErrorDetails, written: object) -> tuple[Path, object]:
    """Where an error is below `written`, and what was written there."""
    location = error["loc"]
    if error["type"] == "missing":
        return location, None
    # pydantic marks an error about a key itself with a last step "[key]"; but that may be a key's name, too.
    *above, last = location or ("",)
    if last == "[key]" and above and not _has_key(_follow(written, above), "[key]"):
        return tuple(above), above[-1]
    return location, _follow(written, location)


def _follow(value: object, path: Sequence[str | int]) -> object:
    for step in path:
        if isinstance(value, dict):
            # YAML may have read the key as a number or boolean; its text is what was validated.
            value = {key_text(name): inner for name, inner in value.items()}.get(str(step))
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return value


def _has_key(value: object, key: str) -> bool:
    return isinstance(value, dict) and key in map(key_text, value)


def _form(fault: Fault) -> Problem:
    details = fault.details
    return fault.problem(details["what"], why=details["why"], fix=details["fix"])


def _no_value(fault: Fault) -> Problem:
    fix = f"write keys below it: {_keys(fault.place)}" if fault.place.keys else "write a value"
    if fault.place.field and fault.place.optional:
        fix += ", or remove the key to get the default"
    return fault.problem("has no value", fix=fix, show=False)


def _missing(fault: Fault) -> Problem:
    name = fault.path[-1]
    choices = fault.place.choices
    fix = f"add `{name}:` with one of: {', '.join(choices)}" if len(choices) > 1 else f"add `{name}:`"
    return fault.problem("is missing", fix=fix, show=False)


def _unknown_key(fault: Fault) -> Problem:
    known = keys_of(fault.place.owner)
    name = str(fault.path[-1])
    near = nearest(name, known)
    parents = parents_of(name, fault.place.owner)
    owners = [choice for choice, model in fault.elsewhere.items() if name in keys_of(model)]
    if near:
        fix = f"write `{near}`"
    elif parents:
        fix = f"move it below {' or '.join(f'`{parent}`' for parent in parents)}"
    elif owners and len(fault.path) == 2:
        fix = f"remove it: it is a key of {', '.join(owners)}"
    else:
        fix = "remove it"
    # The value is not shown: under an unknown name it may be anything, a password too.
    return fault.problem(
        "is not a known key", why=f"the keys here are: {', '.join(known)}", fix=fix, show=False
    )


def _not_a_choice(fault: Fault) -> Problem:
    choices = fault.place.choices
    near = nearest(fault.value, choices) if isinstance(fault.value, str) else None
    near = choices[0] if len(choices) == 1 else near
    fix = f"write `{near}`" if near else "write one of them"
    return fault.problem("is not one of the choices", why=f"the choices are: {', '.join(choices)}", fix=fix)


def _not_text(fault: Fault) -> Problem:
    value = fault.value
    if isinstance(value, bool):
        return fault.problem(
            "is a boolean, not text",
            why="YAML reads true and false without quotes as booleans",
            fix=f'quote it: "{seen(value)}"',
        )
    if isinstance(value, int | float):
        return fault.problem(
            "is a number, not text",
            why="as a number 1.30 is the same as 1.3, but as a version it is another",
            fix=f'quote it: "{seen(value)}"',
        )
    return fault.problem("is not text", fix="write text")


def _not_whole(fault: Fault) -> Problem:
    if isinstance(fault.value, str) and fault.value.lstrip("-").isdecimal():
        return fault.problem("is text, not a number", fix=f"remove the quotes: {fault.value}")
    return fault.problem("is not a whole number", fix="write a whole number")


def _not_boolean(fault: Fault) -> Problem:
    return fault.problem("is neither true nor false", fix="write true or false, without quotes")


def _not_mapping(fault: Fault) -> Problem:
    keys = _keys(fault.place)
    fix = f"write keys below it: {keys}" if keys else "write `name: value` lines below it"
    return fault.problem("is not a mapping", fix=fix)


def _keys(place: Place) -> str:
    """The keys that must be there; where none must, all that may."""
    return ", ".join(place.required_keys or place.keys)


def _not_list(fault: Fault) -> Problem:
    return fault.problem("is not a list", fix="write one item a line, each beginning with `- `")


def _too_small(fault: Fault) -> Problem:
    least = fault.details["ge"]
    return fault.problem(f"is less than {least}", fix=f"write {least} or more")


def _too_large(fault: Fault) -> Problem:
    most = fault.details["le"]
    return fault.problem(f"is more than {most}", fix=f"write {most} or less")


def _too_short(fault: Fault) -> Problem:
    return fault.problem("is empty", fix="name at least one", show=False)


EXPLANATIONS: Mapping[str, Callable[[Fault], Problem]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "literal_error": _not_a_choice,
    "string_type": _not_text,
    "int_type": _not_whole,
    "bool_type": _not_boolean,
    "model_type": _not_mapping,
    "dict_type": _not_mapping,
    "tuple_type": _not_list,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_large,
    "too_short": _too_short,
}
