"""The `pulumi` that `make env` puts on PATH: the real one, given a copy of the stack's file.

The engine writes `encryptionsalt` into the stack's file that it reads (asked or not: it also does so when
the salt comes from the state). A dirty checkout is a poor answer to `pulumi preview`, so the engine reads a
copy, made fresh by every call. `pulumi config` still edits the file itself: that is what its user asked for.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from command.engine.places import Places
from machine.cache import write_atomically

_TEXT = """\
#!/bin/sh
# Gives Pulumi a copy of the stack's file, because it writes `encryptionsalt` into what it reads.
stack=${{PULUMI_STACK-}} previous= command=
for argument in "$@"; do
    case $previous in -s | --stack) stack=$argument ;; esac
    case $argument in
    --stack=*) stack=${{argument#--stack=}} ;;
    -s?*) stack=${{argument#-s}} ;;
    [!-]*) command=${{command:-$argument}} ;;
    esac
    previous=$argument
done
file={stacks}/Pulumi.$stack.yaml
if [ "$command" != config ] && [ -f "$file" ]; then
    mkdir -p {copies}
    copy={copies}/Pulumi.$stack.yaml
    cp "$file" "$copy.$$" && mv "$copy.$$" "$copy" && export PULUMI_OPTION_CONFIG_FILE="$copy"
fi
exec {pulumi} "$@"
"""


def shim_text(places: Places, pulumi: Path) -> str:
    """The script, for a checkout and the real program."""
    return _TEXT.format(
        stacks=shlex.quote(str(places.stack_file.parent)),
        copies=shlex.quote(str(places.engine_stack_file.parent)),
        pulumi=shlex.quote(str(pulumi)),
    )


def write_shim(places: Places, pulumi: Path) -> Path:
    """Write the script for this checkout and return its folder."""
    key = places.checkout.as_posix().strip("/").replace("/", "-") or "root"
    file = places.cache.path("state", "bin", key, "pulumi")
    text = shim_text(places, pulumi)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        write_atomically(file, text, mode=0o755)
    return file.parent
