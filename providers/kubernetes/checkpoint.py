"""What goes into the state and comes out of it (S2 to S6, S13): pure.

Outputs are the live object as the API returned it, and three keys of the provider's own. Nothing else may
be put there, or the official provider could not continue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from providers.kubernetes.diff import live_part, prune
from providers.kubernetes.normalise import DASHED, UNDERSCORED, rename_keys, without_read_only_metadata
from providers.kubernetes.objects import (
    FIELD_MANAGER,
    INITIAL_API_VERSION,
    INPUTS,
    Object,
    annotations_of,
    kind_of,
)
from providers.kubernetes.secrecy import conceal_object
from providers.rpc import reveal

_FOREIGN_ANNOTATIONS: Final = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
)


@dataclass(frozen=True)
class State:
    """A resource as the state has it, with the keys of schemas dashed.

    Attributes:
        live: The object as last seen, plain.
        inputs: The checked inputs it was made from, with their marks of secrecy.
        initial_api_version: The API version it was created with.
        field_manager: The name under which its fields are ours; None where it is not known.
    """

    live: Object
    inputs: Object
    initial_api_version: str | None = None
    field_manager: str | None = None

    @classmethod
    def parse(cls, outputs: Object, old_inputs: Object | None = None) -> State:
        """Read outputs, or just inputs where the engine sent no more."""
        inputs = old_inputs or outputs.get(INPUTS) or live_part(outputs)
        return cls(
            live=rename_keys(reveal(live_part(outputs)), DASHED),
            inputs=rename_keys(getattr(inputs, "value", inputs), DASHED),
            initial_api_version=reveal(outputs.get(INITIAL_API_VERSION)),
            field_manager=reveal(outputs.get(FIELD_MANAGER)),
        )

    @property
    def plain_inputs(self) -> Object:
        """The inputs without marks."""
        plain: Object = reveal(self.inputs)
        return plain


def outputs_of(live: Object, inputs: Object, manager: str, initial_api_version: str | None = None) -> Object:
    """Return the outputs of a live object.

    Args:
        live: The object, plain, as the API returned it.
        inputs: The checked inputs with their marks.
        manager: The name under which its fields are ours.
        initial_api_version: The API version it was created with, if that was before.
    """
    concealed = conceal_object(live, inputs)
    return {
        **rename_keys(concealed, UNDERSCORED),
        INPUTS: rename_keys(conceal_object(reveal(inputs), inputs), UNDERSCORED),
        INITIAL_API_VERSION: initial_api_version or kind_of(inputs)[0],
        FIELD_MANAGER: manager,
    }


def preview_of(live: Object) -> Object:
    """Return a dry-run's object without what it cannot foretell."""
    return {key: item for key, item in live.items() if key != "status"}


def inputs_seen(live: Object, old_inputs: Object) -> Object:
    """Return the inputs that a refresh gives: the live values of what the old inputs name (S9)."""
    seen: Object = prune(live, reveal(old_inputs))
    return conceal_object(seen, old_inputs)


def inputs_imported(live: Object) -> Object:
    """Return inputs for an object that comes without any: all that the API server did not add (T11)."""
    obj = {key: item for key, item in without_read_only_metadata(live).items() if key != "status"}
    noted: dict[str, Any] = {
        key: item for key, item in annotations_of(obj).items() if not key.startswith(_FOREIGN_ANNOTATIONS)
    }
    meta = {
        key: item
        for key, item in (obj.get("metadata") or {}).items()
        if key not in ("annotations", "selfLink")
    }
    if noted:
        meta["annotations"] = noted
    return conceal_object({**obj, "metadata": meta}, {})
