"""Put right what a killed run left, before the engine runs again."""

from __future__ import annotations

from command.display.board import Board
from command.engine.locks import clear_stale_locks
from command.engine.pending import Pending, forget_interrupted
from command.engine.pulumi import Engine
from command.engine.session import end_orphans

_WAIT_SECONDS = 120.0


def recover(engine: Engine, board: Board, *, cluster_is_ours: bool) -> None:
    """End orphans, drop dead locks, forget operations that will be done again.

    Raises:
        PlatformError: Another engine works on the stack, and did not end within two minutes.
    """
    places = engine.places

    def replace(text: str) -> None:
        engine.call("stack", "import", "--force", stdin=text.encode())

    with board.step("look after an earlier run", expected=0.2) as note:
        locks = clear_stale_locks(places.locks, _WAIT_SECONDS, note)
        orphans = end_orphans(places.session)
        forgotten, left = forget_interrupted(
            places.checkpoint,
            cluster_is_ours=cluster_is_ours,
            export=lambda: engine.call("stack", "export"),
            replace=replace,
        )
        note(in_words(locks, orphans, len(forgotten)))
    if left:
        board.say(advice(left))


def in_words(locks: int, orphans: int, forgotten: int) -> str:
    """What was put right; empty where the last run ended well."""
    counted = (
        (locks, "dead lock removed", "dead locks removed"),
        (orphans, "orphan ended", "orphans ended"),
        (forgotten, "interrupted operation to be done again", "interrupted operations to be done again"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counted if count)


def advice(left: list[Pending]) -> str:
    """What a person has to judge: creations in a cloud, or on a cluster that is not the stack's own."""
    names = ", ".join(one.name for one in left)
    return (
        f"warning: an earlier run was killed while creating: {names}. If the object is there and yours, "
        "bring it into the state: pulumi refresh --import-pending-creates; "
        "else: pulumi refresh --clear-pending-creates."
    )
