"""`doctor`: what `up` would refuse on this machine, without doing anything."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from functools import partial

from command.checkup import in_words, take_readings
from command.engine.pulumi import environment_folders
from command.image_source import building_of, refusals
from command.images import source_of
from command.local_machine import cluster_name
from command.stack import open_stack
from components.errors import render_problems
from components.settings.cluster import ClusterSettings
from components.settings.warnings import warnings

_WIDTH = 8


def main(options: argparse.Namespace) -> int:
    """Print what was read and what is missing; 1 if something is."""
    from machine.docker.engine import would_be_private
    from machine.preflight import problems
    from servers.torchserve.root import why_barred

    places, settings = open_stack(options.stack)
    for problem in warnings(settings, datetime.now(UTC).date()):
        print(f"{problem}\n")
    source = source_of(settings, places)
    building = building_of(settings, source)
    readings = take_readings(settings, places.cache, cluster_name(places.stack), building)
    if readings is None:
        return _elsewhere(places.stack, settings.cluster)
    rows = [*in_words(readings), ("built", building.value)]
    rows.append(("python", environment_folders(places.checkout)[0]))
    print("\n".join(f"  {title:<{_WIDTH}} {text}" for title, text in rows))
    private = partial(would_be_private, places.cache)
    found = [*problems(readings), *refusals(settings, source, private, why_barred)]
    if found:
        print(f"\n{render_problems(found)}")
        return 1
    print("\nNothing is missing: make up")
    return 0


def _elsewhere(stack: str, cluster: ClusterSettings) -> int:
    """Tell of a stack whose cluster is not on this machine."""
    if cluster.provider != "eks":
        print(f"The stack {stack} uses a cluster that is there already: nothing of it runs here.")
        return 0
    from command.aws import aws_problems

    print(f"The stack {stack} is made in AWS: nothing of it runs here.")
    if found := aws_problems(cluster, os.environ):
        print(f"\n{render_problems(found)}")
        return 1
    return 0
