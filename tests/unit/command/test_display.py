"""What a person sees: words, lines, the live view, and no secrets."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import pytest
from rich.console import Console

from command.display.board import Board
from command.display.live import LiveView
from command.display.make import wants_live
from command.display.plain import PlainView
from command.display.redact import Redactor
from command.display.words import duration, elapsed, shorten, size


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def board(out: io.StringIO, clock: Clock) -> Board:
    return Board([PlainView(out)], clock=clock)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s")],
)
def test_a_duration_reads_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "expected", "words"),
    [(12, 40, "12 s of about 40 s"), (12, None, "12 s"), (50, 40, "50 s"), (0.1, 0.2, "0.1 s")],
)
def test_an_expectation_is_told_while_it_holds(seconds: float, expected: float | None, words: str) -> None:
    assert elapsed(seconds, expected) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (151_000_000, "151 MB"), (1_900_000_000, "1.9 GB")],
)
def test_a_size_has_two_or_three_digits(count: int, words: str) -> None:
    assert size(count) == words


def test_a_long_text_is_cut_to_one_line() -> None:
    assert shorten("a b\n  c", 10) == "a b c"
    assert shorten("abcdef", 4) == "abc…"


def test_plain_lines_tell_when_a_step_begins_and_ends(board: Board, out: io.StringIO, clock: Clock) -> None:
    with board.step("build kubectl", expected=40) as note:
        clock.now += 12
        note("linking")
        clock.now += 30
    assert out.getvalue() == (
        "    0.0 s  build kubectl ... (about 40 s)\n   42.0 s  build kubectl: done in 42 s (linking)\n"
    )


def test_plain_lines_leave_out_what_is_over_at_once(board: Board, out: io.StringIO) -> None:
    with board.step("read settings", expected=0.1):
        pass
    assert out.getvalue() == "    0.0 s  read settings: done in 0.0 s\n"


def test_plain_lines_pass_on_few_notes(board: Board, out: io.StringIO, clock: Clock) -> None:
    with board.step("build", expected=0.1) as note:
        for second in range(40):
            clock.now += 1
            note(f"package {second}")
    assert [line[11:] for line in out.getvalue().splitlines()] == [
        "build: package 14",
        "build: package 29",
        "build: done in 40 s (package 39)",
    ]


def test_a_failed_step_is_named_and_its_error_goes_on(board: Board, out: io.StringIO) -> None:
    with pytest.raises(RuntimeError), board.step("build", expected=0.1):
        raise RuntimeError
    assert board.failed == ["build"]
    assert out.getvalue() == "    0.0 s  build: FAILED after 0.0 s\n"


def test_steps_that_follow_events_are_closed_by_name(board: Board, out: io.StringIO, clock: Clock) -> None:
    board.open("istio")
    board.note("istio", "Deployment istiod")
    clock.now += 14
    board.close("istio", failed=False, note="38 resources")
    board.close("istio", failed=False)
    board.note("istio", "late")
    assert out.getvalue() == "    0.0 s  istio ...\n   14.0 s  istio: done in 14 s (38 resources)\n"


def test_the_time_that_a_step_rested_at_its_end_is_not_its_own(
    board: Board, out: io.StringIO, clock: Clock
) -> None:
    board.open("istio")
    clock.now += 10
    board.rest("istio")
    clock.now += 20
    board.note("istio", "Gate istio")
    clock.now += 5
    board.rest("istio")
    clock.now += 30
    board.close("istio", failed=False)
    assert out.getvalue().splitlines()[-1] == "   65.0 s  istio: done in 35 s (Gate istio)"


def test_what_a_step_took_is_remembered_unless_it_failed(clock: Clock) -> None:
    remembered: dict[str, float] = {}
    board = Board([], clock=clock, record=remembered.__setitem__)
    with board.step("good"):
        clock.now += 3
    with pytest.raises(RuntimeError), board.step("bad"):
        raise RuntimeError
    with board.step("good"):
        clock.now += 2
    assert remembered == {"good": 5.0}


def test_what_a_step_took_last_is_expected_again(out: io.StringIO, clock: Clock) -> None:
    board = Board([PlainView(out)], clock=clock, expected={"istio": 20.0}.get)
    board.open("istio")
    assert out.getvalue() == "    0.0 s  istio ... (about 20 s)\n"


def test_steps_may_come_from_many_threads(board: Board, out: io.StringIO) -> None:
    def work(number: int) -> None:
        for count in range(20):
            with board.step(f"{number}-{count}", expected=0.1) as note:
                note("x")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = out.getvalue().splitlines()
    assert len(lines) == 160
    assert all(line.endswith("(x)") for line in lines)


def test_no_view_ever_sees_a_secret(board: Board, out: io.StringIO) -> None:
    board.redact.learn("correct horse battery")
    board.say("passphrase is correct horse battery")
    with board.step("connect", expected=0.1) as note:
        note("with correct horse battery")
    board.open("x")
    board.close("x", failed=True, note="correct horse battery")
    assert "correct horse" not in out.getvalue()
    assert out.getvalue().startswith("passphrase is [secret]\n")


PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAAAA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"before {PEM} after", "before [secret] after"),
        ("-----BEGIN PRIVATE KEY-----\ncut off", "[secret]"),
        ("client-key-data: LS0tLS1CRUdJTg==", "client-key-data: [secret]"),
        ("Authorization: Bearer abcdef", "Authorization: [secret]"),
        ("curl -H 'x: bearer abcdefghijklmnop123'", "curl -H 'x: bearer [secret]'"),
        ("token: abc", "token: [secret]"),
        ('{"password": "a b"}', '{"password": "[secret]"}'),
        ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl", "[secret]"),
        ("tokens: 3, the token bucket", "tokens: 3, the token bucket"),
    ],
)
def test_what_looks_like_a_secret_is_blanked(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


def test_each_line_of_a_learned_secret_is_blanked() -> None:
    redact = Redactor()
    redact.learn("first-line\nsecond-line\nab")
    assert redact("x second-line y ab") == "x [secret] y ab"


@pytest.fixture
def terminal(clock: Clock) -> Iterator[tuple[Board, Console]]:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    board = Board([LiveView(console, clock)], clock=clock)
    yield board, console
    board.finish()


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_live_view_lets_finished_steps_scroll_up(terminal: tuple[Board, Console], clock: Clock) -> None:
    board, console = terminal
    with board.step("build kubectl") as note:
        note("linking")
        clock.now += 62
    assert "✓ build kubectl" in written(console)
    assert "1 min 02 s" in written(console)


def test_the_live_view_marks_what_failed(terminal: tuple[Board, Console]) -> None:
    board, console = terminal
    board.open("istio")
    board.close("istio", failed=True)
    assert "✗ istio" in written(console)


def test_the_live_view_prints_texts_as_they_are(terminal: tuple[Board, Console]) -> None:
    board, console = terminal
    board.say("curl -H 'Host: [x]' http://127.0.0.1")
    assert "curl -H 'Host: [x]' http://127.0.0.1" in written(console)


class Stream(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "plain", "live"),
    [
        ({"TERM": "xterm"}, False, True),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({}, False, False),
        ({"TERM": "xterm", "CI": "true"}, False, False),
    ],
)
def test_only_a_terminal_that_can_is_redrawn(environment: dict[str, str], plain: bool, live: bool) -> None:
    assert wants_live(Stream(), environment, plain=plain) is live
    assert not wants_live(io.StringIO(), environment, plain=plain)
