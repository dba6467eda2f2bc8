"""A checkout with a program, and the real engine with the pack on it.

The program registers components under the names of resource types: the engine asks a pack about those as it
does about any resource, and no plugin is needed. They are doubles of the objects, labelled as such.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from command.engine.environment import engine_variables, search_path
from command.engine.kubernetes_plugin import KubernetesPlugin
from command.engine.places import CHECKOUT, Places
from command.engine.policies import write_pack
from command.engine.pulumi import Engine
from command.engine.store import prepare_store
from machine.cache import Cache
from machine.progress import Silent
from machine.toolchain import Toolchain
from tests.engine.programs import HEEDS_INTERRUPTS

_PROGRAM = """\
import json
import pulumi


class Double(pulumi.ComponentResource):
    def __init__(self, token, name, props):
        super().__init__(token, name, props)
        # Rules over a stack see outputs: real objects have their inputs there.
        self.register_outputs(props)


for number, (token, props) in enumerate(json.load(open("objects.json"))):
    Double(token, f"object-{number}", props)
"""


class Stack:
    """A checkout with the program, and the engine with the pack on it.

    Attributes:
        places: The stack's files.
        engine: The engine as `make up` runs it.
    """

    def __init__(self, folder: Path, stack: str) -> None:
        self.places = Places(Cache(folder / "cache"), stack, folder / "checkout")
        (self.places.checkout / "stacks").mkdir(parents=True)
        (self.places.checkout / "Pulumi.yaml").write_text("name: kserve-platform\nruntime: python\n")
        (self.places.checkout / "__main__.py").write_text(HEEDS_INTERRUPTS + _PROGRAM)
        self.configure("{}")
        program = Toolchain(Cache.default(), Silent()).ensure("pulumi")["pulumi"]
        pack = write_pack(self.places, CHECKOUT / "policies")
        before = (str(Path(sys.executable).parent), str(program.parent))
        self.engine = Engine(self.places, before, KubernetesPlugin(False, None, ""), pack=pack)
        folders = (*before, str(CHECKOUT / "tests/aws/plugin/bin"), str(pack.programs))
        self._variables = {
            **os.environ,
            **engine_variables(self.places, offline=True),
            **pack.variables,
            "PATH": search_path(folders, os.environ["PATH"]),
            "PULUMI_OPTION_CONFIG_FILE": str(self.places.engine_stack_file),
            "PYTHONPATH": str(CHECKOUT),
        }
        prepare_store(self.places, self._variables)

    def configure(self, config: str) -> None:
        """Write the stack's file, and the copy that the engine reads."""
        for file in (self.places.stack_file, self.places.engine_stack_file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"config: {config}\n")

    def plan(self, *objects: tuple[str, Mapping[str, Any]]) -> None:
        """Have the program register doubles of objects."""
        (self.places.checkout / "objects.json").write_text(json.dumps(objects))

    def program(self, text: str) -> None:
        """Have another program."""
        (self.places.checkout / "__main__.py").write_text(HEEDS_INTERRUPTS + text)

    def run(
        self, arguments: Sequence[str], *objects: tuple[str, Mapping[str, Any]], **variables: str
    ) -> tuple[int, str]:
        """Exit status of a command, and all that was said."""
        self.plan(*objects)
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.places.checkout,
            env={**self._variables, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr
