"""Stands before runc where the machine itself lacks CAP_SYS_RESOURCE.

kind's nodes are privileged containers: they ask for every capability, and runc ends with "unable to apply
caps: operation not permitted" when one of them is not the machine's to give. Here that one, and a negative
OOM score (which needs it), are taken out of what is asked. Run by `python -IS` for every container start:
standard library only, and as little of it as possible.

    runc_shim.py RUNC [runc's own arguments]
"""

import json
import os
import sys

_CAPABILITY = "CAP_SYS_RESOURCE"


def lowered(process: dict) -> dict:  # type: ignore[type-arg]
    """What may be asked for of an OCI process: the same without the capability and the negative score."""
    capabilities = process.get("capabilities") or {}
    kept = {name: [c for c in held or [] if c != _CAPABILITY] for name, held in capabilities.items()}
    score = process.get("oomScoreAdj")
    return {
        **process,
        **({"capabilities": kept} if capabilities else {}),
        **({"oomScoreAdj": 0} if score is not None and score < 0 else {}),
    }


def option(arguments: list[str], *names: str) -> str | None:
    """Value of an option given as `--name value` or `--name=value`; None where it is not given."""
    for index, argument in enumerate(arguments):
        if argument in names and index + 1 < len(arguments):
            return arguments[index + 1]
        for name in names:
            if argument.startswith(f"{name}="):
                return argument[len(name) + 1 :]
    return None


def rewrite(arguments: list[str]) -> None:
    """Change the file that these arguments of runc's make it read, if they are create, run or exec."""
    if "create" in arguments or "run" in arguments:
        file = os.path.join(option(arguments, "--bundle", "-b") or ".", "config.json")
        spec = _read(file)
        _write(file, {**spec, "process": lowered(spec["process"])})
    elif "exec" in arguments and (file := option(arguments, "--process", "-p") or ""):
        _write(file, lowered(_read(file)))


def _read(file: str) -> dict:  # type: ignore[type-arg]
    with open(file, encoding="utf-8") as handle:
        return dict(json.load(handle))


def _write(file: str, content: dict) -> None:  # type: ignore[type-arg]
    with open(file, "w", encoding="utf-8") as handle:
        json.dump(content, handle)


if __name__ == "__main__":
    rewrite(sys.argv[2:])
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606
