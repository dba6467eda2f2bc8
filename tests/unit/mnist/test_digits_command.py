"""Digits for people: the model's own sample, any picture as a request, drawings of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from command import digits
from components.errors import PlatformError
from models.mnist import build
from tests.unit.mnist.pen import Style, picture

STEPS = [[0, 255], [255, 255], [128, 0]]


@pytest.mark.parametrize(
    ("environment", "terminal", "encoding", "style"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, True, "utf-8", "colour"),
        ({"TERM": "xterm-256color"}, True, "UTF-8", "grey"),
        ({"TERM": "xterm"}, True, "utf-8", "blocks"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, True, "utf-8", "blocks"),
        ({"TERM": "xterm", "COLORTERM": "24bit", "NO_COLOR": "1"}, True, "utf-8", "blocks"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, False, "utf-8", "blocks"),
        ({}, True, "utf-8", "blocks"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, True, "ascii", "letters"),
    ],
)
def test_the_terminal_decides_how_a_digit_is_drawn(
    environment: dict[str, str], terminal: bool, encoding: str, style: str
) -> None:
    assert digits.style_of(environment, terminal=terminal, encoding=encoding) == style


def test_blocks_show_two_rows_in_one_line() -> None:
    assert digits.draw(STEPS, "blocks") == ["▄█", "▀"]


def test_letters_show_how_dark_two_rows_are() -> None:
    assert digits.draw(STEPS, "letters") == ["=@", ":"]
    assert all(line.isascii() for line in digits.draw(STEPS, "letters"))


def test_colours_show_every_grey_and_end_with_the_line() -> None:
    first, _ = digits.draw(STEPS, "colour")
    assert first == (
        "\x1b[38;2;0;0;0m\x1b[48;2;255;255;255m▀\x1b[38;2;255;255;255m\x1b[48;2;255;255;255m▀\x1b[0m"
    )


def test_the_palette_is_the_one_of_256_colours() -> None:
    (line,) = digits.draw([[0, 128, 255], [255, 0, 0]], "grey")
    assert [int(number) for number in re.findall(r"\[38;5;(\d+)m", line)] == [232, 244, 231]
    assert line.endswith("\x1b[0m")


def test_a_picture_becomes_a_question(tmp_path: Path) -> None:
    path = tmp_path / "four.png"
    path.write_bytes(picture(4, Style()))
    question = digits.question(path)
    assert (len(question.pixels), len(question.pixels[0])) == (28, 28)
    flat = [value for row in question.pixels for value in row]
    assert json.loads(question.v2)["inputs"][0]["data"] == pytest.approx([v / 255 for v in flat], abs=1e-4)
    assert list(json.loads(question.v1)) == ["instances"]


def test_the_models_own_digit_comes_with_its_label(tmp_path: Path) -> None:
    build.write_sample(bytes(i % 256 for i in range(784)), tmp_path)
    (tmp_path / "metrics.json").write_text(json.dumps({"sample_label": 2}))
    sample = digits.held_out_sample(tmp_path)
    assert sample.digit == 2
    assert sample.pixels[1][:3] == [28, 29, 30]
    assert (sample.v1, sample.v2) == tuple(
        (tmp_path / n).read_text() for n in ("mnist.json", "mnist-v2.json")
    )


def test_a_folder_without_a_sample_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as caught:
        digits.held_out_sample(tmp_path)
    assert str(caught.value) == (
        "the model's sample digit is missing\n"
        f"  seen: {tmp_path}\n"
        "  why:  It is written when the model is trained.\n"
        "  do:   Remove the folder and run the command again."
    )
