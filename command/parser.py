"""The command line: every subcommand, its options and its help."""

from __future__ import annotations

import argparse

_EPILOG = """\
On a fresh machine `make up` is all you need; it calls `up` here. A stack is a file
stacks/Pulumi.<stack>.yaml. `eval "$(make -s env)"` lets you type `pulumi preview` and
its friends yourself. Everything that is downloaded or built is kept in one cache folder
($KSERVE_PLATFORM_CACHE, default ~/.cache/kserve-platform).
"""

_STACK_COMMANDS = {
    "up": ("bring a stack up and ask its model what a digit is", ""),
    "down": ("take a stack down; the cache stays", ""),
    "status": ("show what runs: engine, cluster, layers, services", ""),
    "verify": ("ask a running stack for a prediction, an explanation and a v2 inference", ""),
    "images": ("list every image of a stack: reference, digest, origin, size", ""),
    "env": ("print the shell variables that pulumi, kubectl and docker need here", ""),
    "doctor": ("check this machine for what a stack needs; nothing is created", ""),
    "cost": ("estimate what a stack costs an hour and a month; nothing is created", ""),
    "predict": ("send the picture of a digit and print what the model sees in it", ""),
}


def build_parser() -> argparse.ArgumentParser:
    """Make the parser; its defaults are those of the Makefile."""
    parser = argparse.ArgumentParser(
        prog="python -m command",
        description="kserve-platform: one Pulumi program that brings a model-serving platform up.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, (summary, _) in _STACK_COMMANDS.items():
        one = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        one.add_argument(
            "--stack", default="local", metavar="NAME", help="the file stacks/Pulumi.NAME.yaml (local)"
        )
        if name in {"up", "down", "verify"}:
            one.add_argument("--plain", action="store_true", help="print lines, also in a terminal")
    clean = commands.add_parser(
        "clean-cache",
        help="remove what was downloaded and built",
        description="Remove the cache folder. Refused while a stack of it is up: take that down first.",
    )
    clean.add_argument(
        "--builds", action="store_true", help="only Go's caches: 20 GB that nothing needs once all is built"
    )
    clean.add_argument("--stack", default="local", help=argparse.SUPPRESS)
    commands.choices["images"].add_argument("--json", action="store_true", help="print JSON")
    predict = commands.choices["predict"]
    predict.add_argument("picture", metavar="FILE", help="a PNG or JPEG of one digit")
    predict.add_argument("--explain", action="store_true", help="also show which pixels mattered")
    return parser
