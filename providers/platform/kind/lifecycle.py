"""Making a cluster, bringing it back, and taking it away: each can be repeated after it was cut off."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from components.errors import PlatformError, Problem
from machine.cache import write_atomically
from machine.docker import DockerEndpoint, engine_lease, ensure_engine, stop_engine_if_unused
from machine.docker.cgroups import has_cgroup_v1
from machine.docker.engine import engine_with_clusters
from machine.docker.limits import raise_limits
from machine.docker.ports import free_port, require_free
from machine.docker.relays import start_relay, stop_relays
from machine.images.loading import ensure_node_image, forget_built
from machine.images.store import clone_store, import_missing
from machine.process import CommandFailed, run
from machine.toolchain.ensure import Toolchain
from providers.platform.api import Api
from providers.platform.gate.check import Check
from providers.platform.gate.nodes import NodesJoined, NodesReady
from providers.platform.gate.wait import await_checks
from providers.platform.kind.config import companion_files, kind_config
from providers.platform.kind.diagnosis import why_not
from providers.platform.kind.engine import NodeEngine
from providers.platform.kind.inputs import KindInputs
from providers.platform.kind.loading import lacking_images, load_images
from providers.platform.kind.network import join_pod_networks
from providers.platform.kind.places import ClusterPlaces, Finished
from providers.platform.kind.watch import watched
from providers.platform.resource import Incomplete, Values
from providers.platform.work import Cancelled, Work

_CREATE_SECONDS = 600.0
_ANSWER_SECONDS = 120.0
_STEP = re.compile(r"\s*[•✓✗]\s*(?P<text>.*?)\s*(\.\.\.)?\s*$")


@dataclass(frozen=True)
class Made:
    """A cluster that answers.

    Attributes:
        kubeconfig: Reaches it from the machine; a secret.
        api_server_port: Port on 127.0.0.1.
    """

    kubeconfig: str
    api_server_port: int

    def outputs(self) -> Values:
        """As the resource gives it to the program."""
        return {"kubeconfig": self.kubeconfig, "endpoint": f"https://127.0.0.1:{self.api_server_port}"}


class KindLifecycle:
    """Operations on one cluster.

    Args:
        work: The operation that asks.
        name: The cluster's name.
    """

    def __init__(self, work: Work, name: str) -> None:
        self._work = work
        self._name = name
        self._places = ClusterPlaces(work.cache, name)
        self._tools = Toolchain(work.cache, work)

    def create(self, inputs: KindInputs, digest: str) -> Made:
        """Make the cluster, or keep the one that an interrupted run finished; a half-made one is removed.

        Raises:
            PlatformError: It did not come up; with the reasons that its nodes give.
            Incomplete: It came up, and an image could not be loaded into its nodes.
            Cancelled: The user asked to stop; nothing half-made stays.
        """
        with engine_lease(self._work.cache), self._work.cache.lock("cluster", self._name):
            endpoint = ensure_engine(self._work.cache, self._tools, self._work)
            engine = self._engine(endpoint)
            finished = self._places.finished()
            if finished is not None and finished.digest == digest and engine.nodes(self._name):
                made = self._bring_back(engine, inputs, finished)
                self._bring_images(engine, inputs, finished)
            else:
                made = self._make_anew(engine, inputs, digest)
            try:
                load_images(self._work, endpoint, inputs)
            except PlatformError as error:
                raise Incomplete(self._name, made.outputs(), error.problems) from error
            return made

    def resume(self, inputs: KindInputs) -> Made | None:
        """Have the cluster answer again after a reboot, a crash or a stop; None if it is gone.

        Raises:
            PlatformError: It is there and does not come back.
        """
        with engine_lease(self._work.cache), self._work.cache.lock("cluster", self._name):
            finished = self._places.finished()
            endpoint = engine_with_clusters(self._work.cache, self._tools, self._work)
            if finished is None or endpoint is None:
                return None
            engine = self._engine(endpoint)
            if not engine.nodes(self._name):
                return None
            return self._bring_back(engine, inputs, finished)

    def update_images(self, inputs: KindInputs) -> None:
        """Bring the images of a new image store, and those to be loaded, into the running nodes.

        Raises:
            PlatformError: The cluster is gone, or an import failed.
        """
        with engine_lease(self._work.cache), self._work.cache.lock("cluster", self._name):
            endpoint = ensure_engine(self._work.cache, self._tools, self._work)
            finished = self._places.finished()
            if finished is None:
                raise PlatformError.single(
                    f"The cluster {self._name} is gone",
                    why="Its images were to be updated.",
                    fix="Run `pulumi refresh`, then `pulumi up`.",
                )
            self._bring_images(self._engine(endpoint), inputs, finished)
            load_images(self._work, endpoint, inputs)

    def delete(self) -> None:
        """Take the cluster away, and the private engine with the last one on it; absent is fine."""
        with engine_lease(self._work.cache), self._work.cache.lock("cluster", self._name):
            endpoint = engine_with_clusters(self._work.cache, self._tools, self._work)
            self._clear(None if endpoint is None else self._engine(endpoint))
        if stop_engine_if_unused(self._work.cache, self._work):
            self._work.note("the private Docker Engine is stopped")

    def roles(self) -> list[tuple[str, str]]:
        """Role and image of every node that is there, to tell drift."""
        endpoint = engine_with_clusters(self._work.cache, self._tools, self._work)
        if endpoint is None:
            return []
        return [(node.role, node.image) for node in self._engine(endpoint).nodes(self._name)]

    def lacking(self, inputs: KindInputs) -> frozenset[str]:
        """References of loaded images that some node of the running cluster lacks, to tell drift."""
        endpoint = engine_with_clusters(self._work.cache, self._tools, self._work)
        return frozenset() if endpoint is None else lacking_images(endpoint, inputs)

    def _engine(self, endpoint: DockerEndpoint) -> NodeEngine:
        return NodeEngine(endpoint, self._tools.ensure("docker")["docker"])

    def _raise_limits(self) -> None:
        for problem in raise_limits():
            self._work.warn(str(problem))

    def _choose_port(self, inputs: KindInputs) -> int:
        for port in inputs.published():
            require_free(port)
        if inputs.api_server_port is None:
            return free_port()
        require_free(inputs.api_server_port)
        return inputs.api_server_port

    def _prepare(self, engine: NodeEngine, inputs: KindInputs, port: int) -> None:
        if inputs.image_store is None:
            forget_built(inputs.node_image, engine.endpoint)
        else:
            self._work.note(f"loading {inputs.node_image}")
            ensure_node_image(inputs.node_image, engine.endpoint, self._work.cache)
        for path, text in companion_files(inputs).items():
            write_atomically(self._places.folder / path, text)
        if inputs.image_store:
            store = self._work.cache.path("stores", inputs.image_store)
            for node in inputs.node_names():
                self._work.note(f"laying out images of {node}")
                clone_store(store, self._places.image_store(node))
        config = kind_config(inputs, self._places.folder, port, cgroup_v1=has_cgroup_v1())
        write_atomically(self._places.config, config)

    def _make_anew(self, engine: NodeEngine, inputs: KindInputs, digest: str) -> Made:
        self._clear(engine)
        self._raise_limits()
        port = self._choose_port(inputs)
        self._prepare(engine, inputs, port)
        try:
            return self._make(engine, inputs, digest, port)
        except (PlatformError, OSError) as error:
            reasons = "" if isinstance(error, Cancelled) else why_not(engine, self._name)
            self._clear(engine)
            if isinstance(error, Cancelled):
                raise
            raise self._failed(error, reasons) from error

    def _make(self, engine: NodeEngine, inputs: KindInputs, digest: str, port: int) -> Made:
        kind = str(self._tools.ensure("kind")["kind"])
        throwaway = self._places.folder / "kubeconfig"
        command = [kind, "create", "cluster", "--name", self._name, "--config", str(self._places.config)]
        try:
            with watched(engine, self._name) as hopeless:
                self._work.run_logged(
                    engine.endpoint.command(*command, "--kubeconfig", throwaway, "--retain"),
                    self._places.log,
                    environment=self._environment(engine.endpoint),
                    on_line=self._tell,
                    seconds=_CREATE_SECONDS,
                    hopeless=hopeless,
                )
        finally:
            throwaway.unlink(missing_ok=True)
        self._open(engine.endpoint, inputs, port)
        join_pod_networks(engine, inputs)
        kubeconfig = self._kubeconfig(engine.endpoint, kind)
        # Not Ready: the network of pods takes seconds more, in which CRDs can go in. A gate waits for that.
        self._await(kubeconfig, NodesJoined(len(inputs.nodes)), "The cluster did not answer")
        self._places.finish(Finished(digest, port, inputs.image_store))
        return Made(kubeconfig, port)

    def _bring_back(self, engine: NodeEngine, inputs: KindInputs, finished: Finished) -> Made:
        stopped = [node.name for node in engine.nodes(self._name) if not node.running]
        if stopped:
            self._raise_limits()
        for node in stopped:
            self._work.note(f"starting {node}")
            engine.start(node)
        self._open(engine.endpoint, inputs, finished.api_server_port)
        kubeconfig = self._kubeconfig(engine.endpoint, str(self._tools.ensure("kind")["kind"]))
        if stopped:
            join_pod_networks(engine, inputs)
            self._await(kubeconfig, NodesReady(len(inputs.nodes)), "The cluster was not ready again")
        return Made(kubeconfig, finished.api_server_port)

    def _await(self, kubeconfig: str, check: Check, late: str) -> None:
        """Ask through the very port that the cluster's user will use."""
        api = Api(kubeconfig, None, self._work.cancelled)
        try:
            await_checks(self._work, api, [check], _ANSWER_SECONDS, late)
        finally:
            api.close()

    def _bring_images(self, engine: NodeEngine, inputs: KindInputs, finished: Finished) -> None:
        if inputs.image_store == finished.image_store:
            return
        if inputs.image_store is not None:
            store = self._work.cache.path("stores", inputs.image_store)
            for node in inputs.node_names():
                self._work.note(f"bringing new images into {node}")
                import_missing(engine.endpoint, node, store)
        self._places.finish(Finished(finished.digest, finished.api_server_port, inputs.image_store))

    def _open(self, endpoint: DockerEndpoint, inputs: KindInputs, api_server_port: int) -> None:
        ports = {port: port for port in (*inputs.published(), api_server_port)}
        start_relay(self._work.cache, endpoint, self._name, ports)

    def _clear(self, engine: NodeEngine | None) -> None:
        self._places.unfinish()
        stop_relays(self._work.cache, self._name)
        if engine is not None:
            for node in engine.nodes(self._name):
                engine.remove(node.name)
        self._places.remove()

    def _kubeconfig(self, endpoint: DockerEndpoint, kind: str) -> str:
        command = endpoint.command(kind, "get", "kubeconfig", "--name", self._name)
        return run(command, environment=endpoint.environment()).output

    def _environment(self, endpoint: DockerEndpoint) -> Mapping[str, str]:
        return {
            **os.environ,
            **endpoint.with_tools([self._tools.ensure("docker")["docker"].parent]).environment(),
        }

    def _tell(self, line: str) -> None:
        if match := _STEP.match(line):
            self._work.note(match["text"])

    def _failed(self, error: Exception, reasons: str) -> PlatformError:
        said = error.tail if isinstance(error, CommandFailed) else str(error)
        return PlatformError(
            Problem(
                what=f"The kind cluster {self._name} did not come up",
                why=reasons or said,
                fix=f"Read {self._places.log}; then run the command again: nothing half-made is left.",
            )
        )
