"""What a stack on EKS needs of this machine: Python's packages for AWS, AWS's own tool, somebody who may ask.

The packages and the plugin only where it makes something in AWS: a stack of what is on a cluster does not.

Nothing of AWS is asked but who asks; everything else is the program's, through Pulumi's plugin.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from command.engine.installed import in_plugin_folders, on_path
from command.engine.places import Places
from components.cluster.aws_sdk import require_aws_sdk
from components.errors import PlatformError, Problem
from components.settings.cluster import ClusterSettings
from components.settings.eks.parts import makes_aws_side
from machine.process import CommandFailed, last_lines, run

TOOL = "aws"
PLUGIN = "aws"
_SECONDS = 30.0


@dataclass(frozen=True)
class Caller:
    """Who asks AWS.

    Attributes:
        account: Id of the account.
        arn: The caller's ARN.
    """

    account: str
    arn: str


def aws_problems(cluster: ClusterSettings, environment: Mapping[str, str]) -> tuple[Problem, ...]:
    """What this machine lacks for a stack on EKS.

    Args:
        cluster: The stack's.
        environment: PATH.
    """
    problems: list[Problem] = []
    if makes_aws_side(cluster):
        try:
            require_aws_sdk()
        except PlatformError as error:
            problems += error.problems
    if shutil.which(TOOL, path=environment.get("PATH", "")) is None:
        problems.append(
            Problem(
                what="AWS's command line tool is not installed",
                key=TOOL,
                why="the cluster takes no password: each connection asks `aws eks get-token` for a token",
                fix="install version 2 of it: https://aws.amazon.com/cli/",
            )
        )
    return tuple(problems)


def caller(region: str) -> Caller:
    """Ask AWS who we are, as the program's provider will be.

    Args:
        region: Region that is asked.

    Raises:
        PlatformError: There are no credentials, or they are over.
    """
    command = (TOOL, "sts", "get-caller-identity", "--region", region, "--output", "json")
    try:
        found = json.loads(run(command, timeout=_SECONDS).output)
        return Caller(account=str(found["Account"]), arn=str(found["Arn"]))
    except CommandFailed as failure:
        why = last_lines(failure.tail, 1) or "it gave no answer in half a minute"
    except (ValueError, KeyError, TypeError):
        why = "its answer names no account"
    raise PlatformError.single(
        "AWS does not know who asks",
        key=" ".join(command[:3]),
        why=why,
        fix="sign in (aws sso login), or name a profile by AWS_PROFILE",
    )


def find_plugin(
    places: Places, environment: Mapping[str, str], download: Callable[[str], str | None]
) -> Path | None:
    """Have Pulumi's plugin for AWS: the one on PATH, an installed one, else the official download.

    Args:
        places: The stack's files.
        environment: PATH, HOME and PULUMI_HOME.
        download: Installs the version given into PULUMI_HOME of this cache; returns why it failed, or None.

    Returns:
        Folder to put on PATH for it; None where the engine finds it by itself.

    Raises:
        PlatformError: There is none, and none can be downloaded.
    """
    if found := on_path(PLUGIN, environment):
        return found.parent
    version = importlib.metadata.version("pulumi-aws")
    if folder := in_plugin_folders(PLUGIN, version, places, environment):
        return folder
    if (why := download(version)) is None:
        return None
    raise PlatformError.single(
        f"Pulumi's plugin for AWS, {version}, cannot be downloaded",
        why=why,
        fix=f"put pulumi-resource-{PLUGIN} on PATH, or let this machine reach get.pulumi.com",
    )
