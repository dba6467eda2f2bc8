"""Why a cluster did not come up, asked of the node itself before it is taken down."""

from __future__ import annotations

import re
from collections.abc import Iterable

from providers.platform.kind.engine import NodeEngine, NodeState

_LINES = 6
_WIDTH = 400
_CONSEQUENCE = ":6443: connect: connection refused"
_KUBELET = ("journalctl", "--unit=kubelet", "--no-pager", "--output=cat", "--lines=60")
_POD_LOG = re.compile(r"/(?P<pod>kube-[a-z-]+|etcd|coredns|kindnet|local-path)[^/]*/[^/]*/\d+\.log$")


def why_not(engine: NodeEngine, cluster: str) -> str:
    """Reasons, the likeliest first; empty if nothing can be seen."""
    nodes = engine.nodes(cluster)
    if not nodes:
        return "no node was made"
    return "\n".join(text for node in nodes if (text := _of_node(engine, node)))


def _of_node(engine: NodeEngine, node: NodeState) -> str:
    if not node.running:
        return f"{node.name} stopped:\n{_tail(engine.log(node.name))}"
    parts = [f"{node.name}, {part}" for part in _services(engine, node.name)]
    parts += [f"{node.name}, {part}" for part in _pods(engine, node.name)]
    return "\n".join(parts)


def _services(engine: NodeEngine, node: str) -> list[str]:
    parts = []
    for unit in ("containerd", "kubelet"):
        state = engine.try_execute(node, "sh", "-c", f"systemctl is-active {unit} || true").strip()
        if state not in {"active", ""}:
            said = engine.try_execute(node, "journalctl", f"--unit={unit}", "--no-pager", "--output=cat")
            parts.append(f"{unit} is {state}:\n{_tail(said)}")
    errors = kubelet_errors(engine.try_execute(node, *_KUBELET))
    if errors:
        parts.append("the kubelet says:\n" + "\n".join(f"  {line}" for line in errors))
    return parts


def _pods(engine: NodeEngine, node: str) -> list[str]:
    listed = engine.try_execute(node, "sh", "-c", "ls -t /var/log/pods/*/*/*.log 2>/dev/null || true")
    newest: dict[str, str] = {}
    for path in listed.split():
        if match := _POD_LOG.search(path.split("_", 1)[0] + path[path.rfind("/", 0, path.rfind("/")) :]):
            newest.setdefault(match["pod"], path)
    parts = []
    for path in sorted(newest.values()):
        said = engine.try_execute(node, "tail", "-n", "40", path)
        if lines := pod_errors(said):
            name = path.removeprefix("/var/log/pods/").split("_")[1]
            parts.append(f"{name} says:\n" + "\n".join(f"  {line}" for line in lines))
    return parts


def kubelet_errors(journal: str) -> list[str]:
    """The last different error lines of a kubelet's journal (klog: they begin with E or F and a date)."""
    lines = [line for line in journal.splitlines() if re.match(r"[EF]\d{4} |Error:", line)]
    # That nobody answers on the API server's port is what is to be explained, not an explanation.
    return _last_different([line for line in lines if _CONSEQUENCE not in line] or lines)


def pod_errors(log: str) -> list[str]:
    """The last different error lines of a container's log file (`<time> <stream> F <text>`)."""
    texts = [line.split(" ", 3)[-1] for line in log.splitlines()]
    wanted = re.compile(
        r"[EF]\d{4} |.*(\"level\":\"(error|fatal|panic)|\b(error\b|panic:|fatal\b))", re.IGNORECASE
    )
    return _last_different(text for text in texts if wanted.match(text))


def _last_different(lines: Iterable[str]) -> list[str]:
    kept: dict[str, str] = {}
    for line in lines:
        shape = re.sub(r"\d+|0x[0-9a-f]+", "#", line)
        kept.pop(shape, None)
        kept[shape] = line
    return [line[:_WIDTH] for line in kept.values()][-_LINES:]


def _tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-_LINES:])
