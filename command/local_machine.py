"""What this machine gives to a stack: tools, a Docker Engine, images, and a way to read the cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from command.display.board import Board
from command.engine.kubernetes_plugin import KubernetesPlugin, choose_plugin
from command.engine.places import PROJECT, Places
from command.engine.policies import write_pack
from command.engine.pulumi import Engine, download_plugin, environment_folders
from components.errors import PlatformError

if TYPE_CHECKING:
    from command.diagnosis.reader import Reader
    from command.image_source import Source
    from components.settings.model import Settings
    from machine.docker import DockerEndpoint
    from machine.toolchain import Toolchain

ENGINE_TOOLS = ("pulumi", "kubectl")
KIND_TOOLS = ("kind", "docker")


def cluster_name(stack: str) -> str:
    """Name of a stack's kind cluster."""
    return f"{PROJECT}-{stack}"


class LocalMachine:
    """Everything that `up` and `down` need of the machine; tests give a double of it."""

    def __init__(self, places: Places, settings: Settings, board: Board) -> None:
        from machine.toolchain import Toolchain

        self._places = places
        self._settings = settings
        self._board = board
        self._toolchain: Toolchain = Toolchain(places.cache, board)
        self._endpoint: DockerEndpoint | None = None

    @property
    def makes_cluster(self) -> bool:
        """Whether the stack makes its cluster, so that whatever is on it is the stack's."""
        return self._settings.cluster.provider in {"kind", "eks"}

    @property
    def is_here(self) -> bool:
        """Whether the cluster's nodes are containers of this machine."""
        return self._settings.cluster.provider == "kind"

    def prepare(self) -> None:
        """Have what the program needs of this machine: tools and images; tell the program where images are.

        Raises:
            PlatformError: Something cannot be had, with what was tried.
        """
        cache = self._places.cache
        if not self.is_here:
            self.sign_in()
            self._toolchain.ensure(*self._tool_names())
            return
        from command.image_source import (
            HandOver,
            built_here,
            choose_source,
            hand_over_file,
            may_pull,
            source_of_cluster,
            wish_of,
        )
        from command.stack_images import build_stack_images
        from machine.docker.engine import would_be_private
        from machine.reclaim import make_room

        private = partial(would_be_private, cache)
        standing = source_of_cluster(cache, self._places.stack, self.cluster)
        source = choose_source(wish_of(self._settings), cache, partial(may_pull, private), standing)
        self._check(source, private)
        self._toolchain.ensure(*self._tool_names())
        handed = HandOver(source)
        if built_here(self._settings, source):
            # Another run may be making the same: its lock is waited for in here.
            with self._board.step("have the images ready", expected=0.5):
                given = (cache, self._toolchain, self.docker, self._board)
                handed = build_stack_images(self._settings, source, *given)
        handed.write(hand_over_file(cache, self._places.stack))
        make_room(cache, self._board)  # all that is built has been built

    def _check(self, source: Source, private: Callable[[], bool]) -> None:
        """Refuse a machine that cannot carry the stack; a finished cluster shows that it can."""
        from command.checkup import cluster_made, take_readings
        from command.image_source import building_of, refusals
        from machine.preflight import Work, problems, work_before
        from machine.reclaim import make_room
        from servers.torchserve.root import why_barred

        cache = self._places.cache
        if refused := refusals(self._settings, source, private, why_barred):
            raise PlatformError(*refused)
        if cluster_made(cache, self.cluster):
            return
        building = building_of(self._settings, source)
        work = work_before(cache, building)
        make_room(cache, self._board, builds=work is Work.BUILD)
        with self._board.step("look at this machine", expected=0.2):
            readings = take_readings(self._settings, cache, self.cluster, building)
            if readings and (found := problems(readings)):
                raise PlatformError(*found)

    def sign_in(self) -> None:
        """Ask the cloud who we are, where the stack is in one: minutes before its provider would fail.

        Raises:
            PlatformError: The cloud's tools or credentials are missing.
        """
        cluster = self._settings.cluster
        if cluster.provider != "eks":
            return
        from command.aws import aws_problems, caller

        if problems := aws_problems(cluster, os.environ):
            raise PlatformError(*problems)
        with self._board.step("ask AWS who we are", expected=2) as note:
            known = caller(cluster.region)
            note(f"account {known.account}, {cluster.region}, as {known.arn}")

    def program(self, name: str) -> Path:
        """A tool's file."""
        return self._toolchain.ensure(name)[name]

    def engine(self) -> Engine:
        """Provide the tools and decide about the Kubernetes plugin."""
        self._toolchain.ensure(*self._tool_names())
        folders = (*environment_folders(self._places.checkout), *self._tool_folders())
        plugin = self._choose_plugin(folders)
        found = [plugin.folder, self._aws_plugin(folders)]
        before = (*folders, *(str(folder) for folder in found if folder))
        pack = write_pack(self._places, self._places.checkout / "policies")
        return Engine(self._places, before, plugin, pack=pack)

    def docker(self) -> DockerEndpoint:
        """A Docker Engine that answers."""
        if self._endpoint is None:
            from machine.docker import ensure_engine

            self._endpoint = ensure_engine(self._places.cache, self._toolchain, self._board)
        return self._endpoint

    def docker_variables(self) -> dict[str, str]:
        """What leads a person's `docker` to the engine that the stack's cluster is on.

        Nothing where that is the person's own. The private one's socket is a file, so it answers from outside
        its network namespace too.
        """
        from machine.docker.private import PrivateEngine

        private = PrivateEngine(self._places.cache)
        if not self.is_here or not private.holds_containers():
            return {}
        return {"DOCKER_HOST": private.endpoint().host, "DOCKER_CONTEXT": ""}

    def _running_docker(self) -> DockerEndpoint:
        from machine.docker.private import PrivateEngine
        from machine.docker.user import user_engine

        private = PrivateEngine(self._places.cache)
        endpoint = private.endpoint() if private.pid() is not None else user_engine()
        if endpoint is None:
            raise PlatformError.single("no Docker Engine runs", fix="Start it with the cluster: make up")
        return endpoint

    def remove_cluster(self) -> None:
        """Remove the stack's kind cluster if there is one, and the private engine if it was the last on it.

        Raises:
            PlatformError: Something of it could not be removed.
        """
        if not self.is_here:
            return
        import threading

        from providers.platform.kind.lifecycle import KindLifecycle
        from providers.platform.work import Work

        with self._board.step("look for what is left of the cluster", expected=0.5) as note:
            KindLifecycle(Work(self._places.cache, note, threading.Event()), self.cluster).delete()

    @property
    def cluster(self) -> str:
        """Name of the stack's kind cluster."""
        return cluster_name(self._places.stack)

    @contextmanager
    def reader(self, *, start: bool = True) -> Iterator[Reader]:
        """Open a reader of the stack's cluster.

        Args:
            start: Start a Docker Engine that was stopped.

        Raises:
            PlatformError: The cluster cannot be reached.
        """
        from command.diagnosis.reader import reading

        kubectl = self._toolchain.ensure("kubectl")["kubectl"]
        cluster = self._settings.cluster
        if cluster.provider == "existing":
            text = Path(cluster.kubeconfig).expanduser().read_text(encoding="utf-8")
            with reading(text, _here, kubectl, context=cluster.context) as reader:
                yield reader
            return
        if cluster.provider == "eks":
            told = self.engine().call(
                "stack", "output", "kubeconfig", "--show-secrets", "--stack", self._places.stack
            )
            with reading(told, _here, kubectl) as reader:
                yield reader
            return
        endpoint = self.docker() if start else self._running_docker()
        kubeconfig = self._kind_kubeconfig(endpoint)
        with reading(kubeconfig, endpoint.command, kubectl) as reader:
            yield reader

    def _kind_kubeconfig(self, endpoint: DockerEndpoint) -> str:
        from machine.process import run

        kind = self._toolchain.ensure("kind")["kind"]
        command = endpoint.command(kind, "get", "kubeconfig", "--name", self.cluster)
        return run(command, environment=endpoint.environment(), timeout=30).output

    def _choose_plugin(self, folders: tuple[str, ...]) -> KubernetesPlugin:
        def download(version: str) -> str | None:
            with self._board.step("fetch the official Kubernetes plugin", expected=10):
                return download_plugin(self._places, folders, "kubernetes", version)

        return choose_plugin(self._places, os.environ, download)

    def _aws_plugin(self, folders: tuple[str, ...]) -> Path | None:
        from components.settings.eks.parts import makes_aws_side

        if not makes_aws_side(self._settings.cluster):
            return None
        from command.aws import PLUGIN, find_plugin
        from components.cluster.aws_sdk import require_aws_sdk

        require_aws_sdk()

        def download(version: str) -> str | None:
            with self._board.step("fetch Pulumi's plugin for AWS", expected=60):
                return download_plugin(self._places, folders, PLUGIN, version)

        return find_plugin(self._places, os.environ, download)

    def _tool_names(self) -> tuple[str, ...]:
        return (*ENGINE_TOOLS, *(KIND_TOOLS if self.is_here else ()))

    def _tool_folders(self) -> tuple[str, ...]:
        inherited = os.environ.get("PATH", os.defpath).split(os.pathsep)
        return tuple(part for part in self._toolchain.path().split(os.pathsep) if part not in inherited)


def _here(*command: str | Path) -> list[str]:
    return [str(part) for part in command]
