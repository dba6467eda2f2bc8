"""Forms of text that containers of one's own have: images and names of their environment."""

from __future__ import annotations

import re
from typing import Annotated

from components.settings.form import Form, Refusal

_IMAGE = re.compile(
    r"(?P<registry>[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?)(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
    r"(:(?P<tag>\w[\w.-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)


def _judge_image(value: str) -> Refusal | None:
    found = _IMAGE.fullmatch(value)
    if found is None or not ({".", ":"} & set(found["registry"]) or found["registry"] == "localhost"):
        return Refusal(
            "is not the whole name of an image",
            "without its registry's host it is another image on another machine",
            "write it like registry.example.org/team/name:1.2.0",
        )
    if not found["tag"] and not found["digest"]:
        return Refusal(
            "has neither a tag nor a digest",
            "that means latest, which is another image tomorrow",
            "name a version behind it, like :1.2.0",
        )
    if found["tag"] == "latest" and not found["digest"]:
        return Refusal(
            "is a moving version",
            "latest is another image tomorrow, and the kubelet asks the registry for it at every start",
            "name a version, like :1.2.0",
        )
    return None


def _judge_variable(value: str) -> Refusal | None:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        return None
    return Refusal(
        "is not a name for a variable",
        "a program reads its environment by names of letters, digits and '_'",
        "write it like MAX_LENGTH",
    )


ImageReference = Annotated[str, Form("image", _judge_image, r"^[^\s/]+/\S+[:@]\S+$")]
VariableName = Annotated[str, Form("variable", _judge_variable, r"^[A-Za-z_][A-Za-z0-9_]*$")]
