"""What a stack on EKS needs of this machine. AWS's tool is a double: a script that says what it is told."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from command import doctor, local_machine
from command.aws import Caller, aws_problems, caller, find_plugin
from command.display.board import Board
from command.engine.kubernetes_plugin import KubernetesPlugin
from command.engine.places import Places
from command.local_machine import LocalMachine
from command.parser import build_parser
from components.cluster.aws_sdk import require_aws_sdk
from components.errors import PlatformError, render_problems
from components.settings.load import load_stack_file
from machine.toolchain import Toolchain
from tests.unit.command.doubles import Lines, places_in

VERSION = importlib.metadata.version("pulumi-aws")
ROOT = Path(__file__).parents[3]
STACK = """\
config:
  kserve-platform:cluster:
    provider: eks
    region: eu-west-1
    zones: [eu-west-1a, eu-west-1b]
    nodeGroups:
      system: {instanceTypes: [m7i.xlarge], minSize: 1, maxSize: 2}
"""
PARTS = {
    part: STACK.replace("    region", f"    stack: {named}\n    region")
    for part, named in {
        "infra": "{part: infra}",
        "platform": "{part: platform, infra: organization/kserve-platform/infra}",
        "services": "{part: services, infra: organization/kserve-platform/infra, "
        "platform: organization/kserve-platform/platform}",
    }.items()
}
NO_TOOL = (
    "aws: AWS's command line tool is not installed\n"
    "  why:  the cluster takes no password: each connection asks `aws eks get-token` for a token\n"
    "  do:   install version 2 of it: https://aws.amazon.com/cli/"
)
NO_SDK = (
    "kserve-platform:cluster.provider: The Python packages for AWS are not installed\n"
    "  seen: eks\n"
    "  why:  pulumi_aws is of requirements-eks.txt, which other stacks do without\n"
    "  do:   run `make env STACK=<stack>`, or in the checkout: "
    "python3 command/bootstrap.py requirements.txt requirements-eks.txt"
)

Tool = Callable[[str], Path]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Makes a double of `aws` the only one on PATH."""

    def make(body: str) -> Path:
        folder = tmp_path / "aws-bin"
        folder.mkdir()
        (folder / "aws").write_text(f"#!/bin/sh\n{body}\n")
        (folder / "aws").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.defpath}")
        return folder

    return make


@pytest.fixture
def without_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no stack of EKS was ever up."""
    found = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> object:
        return None if name == "pulumi_aws" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return places_in(tmp_path, STACK)


def machine(places: Places, lines: Lines | None = None) -> LocalMachine:
    return LocalMachine(places, load_stack_file(places.stack_file), Board([lines or Lines()]))


def test_a_machine_with_everything_lacks_nothing(tool: Tool) -> None:
    tool("exit 0")

    assert aws_problems(load_stack_file(ROOT / "stacks" / "Pulumi.eks-dev.yaml").cluster, os.environ) == ()
    require_aws_sdk()


def test_what_is_missing_for_aws_is_told_all_at_once(
    places: Places, tmp_path: Path, without_sdk: None
) -> None:
    cluster = load_stack_file(places.stack_file).cluster

    assert render_problems(aws_problems(cluster, {"PATH": str(tmp_path)})) == f"{NO_SDK}\n\n{NO_TOOL}"


@pytest.mark.parametrize(("part", "wants"), [("infra", True), ("platform", False), ("services", False)])
def test_only_the_stack_that_makes_the_aws_side_wants_the_sdk_and_all_of_them_the_tool(
    part: str, wants: bool, tmp_path: Path, without_sdk: None
) -> None:
    cluster = load_stack_file(places_in(tmp_path, PARTS[part]).stack_file).cluster

    told = render_problems(aws_problems(cluster, {"PATH": str(tmp_path)}))

    assert told == (f"{NO_SDK}\n\n{NO_TOOL}" if wants else NO_TOOL)


@pytest.mark.parametrize("part", ["platform", "services"])
def test_a_stack_of_what_is_on_the_cluster_is_brought_up_without_sdk_and_plugin_but_not_by_nobody(
    part: str, tool: Tool, tmp_path: Path, without_sdk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(f'echo "$@" >> {tmp_path}/asked; echo \'{{"Account": "1", "Arn": "arn"}}\'')
    asking = machine(places_in(tmp_path, PARTS[part]))
    downloads: list[str] = []
    monkeypatch.setattr(Toolchain, "ensure", lambda *_: {})
    monkeypatch.setattr(local_machine, "write_pack", lambda *_: None)
    monkeypatch.setattr(local_machine, "choose_plugin", lambda *_: KubernetesPlugin(False, None, "a double"))
    monkeypatch.setattr(local_machine, "download_plugin", lambda *named: downloads.append(named[2]))

    asking.prepare()
    asking.engine()

    assert (tmp_path / "asked").read_text().startswith("sts get-caller-identity")
    assert downloads == []


def test_the_cloud_is_asked_who_we_are_and_nothing_else(tool: Tool, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    answer = '{"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/me"}'
    tool(f"echo \"$@\" >> {asked}; echo '{answer}'")

    assert caller("eu-west-1") == Caller("111122223333", "arn:aws:iam::111122223333:user/me")
    assert asked.read_text() == "sts get-caller-identity --region eu-west-1 --output json\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("echo 'Unable to locate credentials.' >&2; exit 253", "Unable to locate credentials."),
        ("echo '{}'", "its answer names no account"),
        ("echo 'no JSON'", "its answer names no account"),
    ],
    ids=["no-credentials", "no-account", "no-json"],
)
def test_who_is_not_signed_in_is_told_so(tool: Tool, body: str, why: str) -> None:
    tool(body)

    with pytest.raises(PlatformError) as refused:
        caller("eu-west-1")

    assert str(refused.value) == (
        "aws sts get-caller-identity: AWS does not know who asks\n"
        f"  why:  {why}\n"
        "  do:   sign in (aws sso login), or name a profile by AWS_PROFILE"
    )


def test_up_refuses_a_machine_without_credentials_before_anything_is_made(tool: Tool, places: Places) -> None:
    tool("echo 'Token has expired' >&2; exit 255")

    with pytest.raises(PlatformError, match="AWS does not know who asks"):
        machine(places).prepare()

    assert [path for path in places.cache.root.rglob("*") if path.is_file()] == []


def test_up_refuses_a_machine_without_the_sdk_before_anything_is_asked(
    tool: Tool, places: Places, without_sdk: None, tmp_path: Path
) -> None:
    tool(f"touch {tmp_path}/asked")

    with pytest.raises(PlatformError) as refused:
        machine(places).prepare()

    assert str(refused.value) == NO_SDK
    assert not (tmp_path / "asked").exists()


def test_a_stack_in_aws_makes_its_cluster_but_no_container(places: Places) -> None:
    assert machine(places).makes_cluster
    assert machine(places).docker_variables() == {}


def test_doctor_says_what_a_stack_in_aws_lacks(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "open_stack", lambda _: (places, load_stack_file(places.stack_file)))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert doctor.main(build_parser().parse_args(["doctor", "--stack", "local"])) == 1

    assert capsys.readouterr().out == (
        f"The stack local is made in AWS: nothing of it runs here.\n\n{NO_TOOL}\n"
    )


def test_the_plugin_on_path_comes_before_an_installed_one_and_both_before_a_download(
    places: Places, tmp_path: Path
) -> None:
    on_path = tmp_path / "bin"
    installed = tmp_path / ".pulumi" / "plugins" / f"resource-aws-v{VERSION}"
    for folder in (on_path, installed):
        folder.mkdir(parents=True)
        (folder / "pulumi-resource-aws").write_text("#!/bin/sh\n")
        (folder / "pulumi-resource-aws").chmod(0o755)
    home = {"HOME": str(tmp_path)}
    downloads: list[str] = []

    assert find_plugin(places, {"PATH": str(on_path), **home}, downloads.append) == on_path  # type: ignore[func-returns-value]
    assert find_plugin(places, {"PATH": "", **home}, downloads.append) == installed  # type: ignore[func-returns-value]
    assert downloads == []
    assert find_plugin(places, {"PATH": "", "HOME": "/nowhere"}, downloads.append) is None  # type: ignore[func-returns-value]
    assert downloads == [VERSION]


def test_a_plugin_that_cannot_be_had_is_told_with_its_reason(places: Places) -> None:
    with pytest.raises(PlatformError) as refused:
        find_plugin(places, {"PATH": "", "HOME": "/nowhere"}, lambda _: "lookup get.pulumi.com: no such host")

    assert str(refused.value) == (
        f"Pulumi's plugin for AWS, {VERSION}, cannot be downloaded\n"
        "  why:  lookup get.pulumi.com: no such host\n"
        "  do:   put pulumi-resource-aws on PATH, or let this machine reach get.pulumi.com"
    )


def test_the_program_without_the_sdk_tells_what_to_do_instead_of_a_stack_trace(
    monkeypatch: pytest.MonkeyPatch, without_sdk: None
) -> None:
    from components.cluster.create import create_cluster

    settings = load_stack_file(ROOT / "stacks" / "Pulumi.eks-dev.yaml")
    with pytest.raises(PlatformError) as refused:
        create_cluster(settings, "eks-dev", Path("unused"))

    assert str(refused.value) == NO_SDK


@pytest.mark.parametrize(
    ("stack", "wanted"),
    [("eks-prod", "requirements-eks.txt"), ("local", "requirements.txt"), ("none", "requirements.txt")],
)
def test_only_a_stack_in_aws_takes_the_packages_for_aws(stack: str, wanted: str) -> None:
    lock = subprocess.run(["sha256sum", wanted], cwd=ROOT, capture_output=True, text=True, check=True).stdout[
        :16
    ]
    variables = ["make", "-pn", "up", f"STACK={stack}"]
    told = subprocess.run(variables, cwd=ROOT, capture_output=True, text=True, check=False).stdout

    assert f"\nup: .venv/locks/{lock}\n" in told


@pytest.mark.parametrize(
    ("part", "wanted"),
    [("infra", "requirements-eks.txt"), ("platform", "requirements.txt"), ("services", "requirements.txt")],
)
def test_of_the_parts_of_a_stack_only_the_aws_side_takes_the_packages_for_aws(
    part: str, wanted: str, tmp_path: Path
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.part.yaml").write_text(PARTS[part])
    for lock in ROOT.glob("requirements*.txt"):
        (tmp_path / lock.name).write_bytes(lock.read_bytes())
    sum_of = hashlib.sha256((ROOT / wanted).read_bytes()).hexdigest()[:16]

    command = ["make", "-f", str(ROOT / "Makefile"), "-pn", "up", "STACK=part"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    assert f"\nup: .venv/locks/{sum_of}\n" in told


def test_the_packages_for_aws_are_those_of_every_stack_and_one_more() -> None:
    from command.bootstrap import locked_versions

    ours, eks, dev = (
        locked_versions((ROOT / f"requirements{name}.txt").read_text()) for name in ("", "-eks", "-dev")
    )

    assert {name: version for name, version in eks.items() if name not in ours} == {"pulumi-aws": VERSION}
    assert ours.items() <= eks.items() <= dev.items()


def test_no_module_beside_those_of_eks_knows_the_sdk() -> None:
    told = (
        "import sys; sys.modules['pulumi_aws'] = None; "
        "import components.cluster.create, components.layers.platform, components.serving.exports, "
        "command.up, command.down, command.aws, policies.registry; print('fine')"
    )

    asked = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)

    assert asked.stdout == "fine\n"
