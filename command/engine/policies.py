"""The policy pack as the engine built here can start it.

That engine's Python host is older than packs: asked for one, it runs the program instead. What runs packs
of a language that an engine does not know is looked for on PATH, so the pack gets a language of its own: a
folder that names it, and an executable that runs this checkout's pack. An official CLI needs none of it:
`pulumi up --policy-pack policies`.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from command.engine.places import Places
from machine.cache import write_atomically

_LANGUAGE = "kserve-platform"
_PACK = f"""\
name: kserve-platform
version: 0.1.0
runtime: {_LANGUAGE}
"""
_RUN = """\
#!/bin/sh
# Starts the policy pack of a checkout; the engine gives its address and the folder that names this language.
exec {python} -u {pack} "$@"
"""


@dataclass(frozen=True)
class PolicyPack:
    """Where the engine finds the pack.

    Attributes:
        folder: What `--policy-pack` names.
        program: What starts the pack; its folder has to be on PATH.
    """

    folder: Path
    program: Path

    @property
    def programs(self) -> Path:
        """Folder that has to be on PATH."""
        return self.program.parent

    @property
    def variables(self) -> dict[str, str]:
        """What makes `preview` and `up` run the pack, without an argument of theirs."""
        return {"PULUMI_OPTION_POLICY_PACK": str(self.folder)}


def write_pack(places: Places, pack: Path, python: str = sys.executable) -> PolicyPack:
    """Write the folder and the executable for a checkout.

    Args:
        places: The stack's files.
        pack: Folder of the pack, the checkout's `policies`.
        python: The interpreter that has the pack's dependencies.
    """
    folder = places.cache.path(
        "state", "policies", str(places.checkout).strip("/").replace("/", "-") or "root"
    )
    program = folder / "bin" / f"pulumi-analyzer-policy-{_LANGUAGE}"
    _keep(folder / "PulumiPolicy.yaml", _PACK, 0o644)
    _keep(program, _RUN.format(python=shlex.quote(python), pack=shlex.quote(str(pack))), 0o755)
    return PolicyPack(folder, program)


def _keep(file: Path, text: str, mode: int) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        write_atomically(file, text, mode=mode)
