"""Official releases, from a double of their publishers on loopback."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from machine.toolchain.recipes import machine_architecture
from machine.toolchain.release import ReleaseRefused, Releases, ReleaseUnreachable, find_checksum
from machine.toolchain.table import TOOLS
from machine.toolchain.tool import Release
from tests.unit.machine.toolchain.conftest import FakeRecipe, make_tool, tar_gz

URL = "https://dl.example.com/v1.5.0/tool"
SUMS = "https://sums.example.com/v1.5.0/sums.txt"
PLAIN = Release(
    url="https://dl.example.com/v{version}/tool", checksums="https://sums.example.com/v{version}/sums.txt"
)
ARCHIVE_URL = "https://dl.example.com/tool-1.5.0.tar.gz"
ARCHIVE = Release(
    url="https://dl.example.com/tool-{version}.tar.gz",
    checksums="https://sums.example.com/v{version}/sums.txt",
    members={"tool": "{os}-{arch}/tool", "helper": "{os}-{arch}/bin/helper"},
)
ARCH = machine_architecture()


def _fetch(releases: Releases, release: Release, folder: Path) -> Path:
    releases.fetch(make_tool(FakeRecipe(), release=release), folder, lambda text: None)
    return folder


def test_a_program_is_fetched_verified_and_made_executable(publisher: Any, tmp_path: Path) -> None:
    publisher.publish(SUMS, publisher.publish(URL, b"program").encode())
    folder = _fetch(publisher.releases(), PLAIN, tmp_path / "tool")
    assert {file.name for file in folder.iterdir()} == {"tool"}
    assert (folder / "tool").read_bytes() == b"program"
    assert (folder / "tool").stat().st_mode & 0o777 == 0o755


def test_only_the_named_files_of_an_archive_are_taken(publisher: Any, tmp_path: Path) -> None:
    content = tar_gz(
        {f"linux-{ARCH}/tool": b"one", f"./linux-{ARCH}/bin/helper": b"two", "../../evil": b"three"}
    )
    digest = publisher.publish(ARCHIVE_URL, content)
    publisher.publish(SUMS, f"{'0' * 64}  other.tar.gz\n{digest}  tool-1.5.0.tar.gz\n".encode())
    folder = _fetch(publisher.releases(), ARCHIVE, tmp_path / "tool")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"tool": b"one", "helper": b"two"}
    assert {file.name for file in tmp_path.iterdir()} == {"tool"}


def test_another_sum_is_refused_before_anything_is_made_executable(publisher: Any, tmp_path: Path) -> None:
    publisher.publish(URL, b"altered")
    publisher.publish(SUMS, ("0" * 64).encode())
    with pytest.raises(ReleaseRefused) as caught:
        _fetch(publisher.releases(), PLAIN, tmp_path / "tool")
    assert str(caught.value) == (
        f"{URL}: The release of tool 1.5.0 is not what its publisher announced\n"
        f"  seen: SHA-256 {hashlib.sha256(b'altered').hexdigest()}\n"
        f"  why:  The published checksum is {'0' * 64}; what differs was altered on its way.\n"
        "  do:   Look for a proxy that serves something else, or set KSERVE_PLATFORM_TOOLS=build."
    )
    assert list((tmp_path / "tool").iterdir()) == []


def test_a_release_without_a_published_sum_is_refused(publisher: Any, tmp_path: Path) -> None:
    publisher.publish(URL, b"program")
    publisher.publish(SUMS, b"<html>log in first</html>")
    with pytest.raises(ReleaseRefused) as caught:
        _fetch(publisher.releases(), PLAIN, tmp_path / "tool")
    assert str(caught.value) == (
        f"{SUMS}: The published checksum file names no sum for the release\n"
        "  seen: <html>log in first</html>\n"
        f"  why:  {URL} cannot be verified without one.\n"
        "  do:   Look for a proxy that serves something else, or set KSERVE_PLATFORM_TOOLS=build."
    )
    assert publisher.asked == [SUMS]


def test_an_archive_that_lacks_a_file_is_refused(publisher: Any, tmp_path: Path) -> None:
    digest = publisher.publish(ARCHIVE_URL, tar_gz({f"linux-{ARCH}/tool": b"one"}))
    publisher.publish(SUMS, digest.encode())
    with pytest.raises(ReleaseRefused) as caught:
        _fetch(publisher.releases(), ARCHIVE, tmp_path / "tool")
    assert str(caught.value) == (
        f"{ARCHIVE_URL}: A release lacks files that it should hold\n  seen: linux-{ARCH}/bin/helper"
    )


def test_redirects_are_followed_while_they_are_https(publisher: Any, tmp_path: Path) -> None:
    publisher.publish(SUMS, publisher.publish("https://objects.example.com/x", b"program").encode())
    publisher.redirects[URL] = "https://objects.example.com/x"
    folder = _fetch(publisher.releases(), PLAIN, tmp_path / "tool")
    assert (folder / "tool").read_bytes() == b"program"


def test_a_redirect_away_from_https_is_refused(publisher: Any, tmp_path: Path) -> None:
    publisher.publish(SUMS, ("0" * 64).encode())
    publisher.redirects[URL] = "http://dl.example.com/v1.5.0/tool"
    with pytest.raises(ReleaseRefused) as caught:
        _fetch(publisher.releases(), PLAIN, tmp_path / "tool")
    assert str(caught.value) == (
        "http://dl.example.com/v1.5.0/tool: A release is offered without HTTPS\n"
        "  why:  Anyone could alter it."
    )


def test_redirects_in_a_circle_end(publisher: Any, tmp_path: Path) -> None:
    publisher.redirects[SUMS] = SUMS
    with pytest.raises(ReleaseUnreachable, match="more than 5 redirects"):
        _fetch(publisher.releases(), PLAIN, tmp_path / "tool")


def test_a_silent_host_is_asked_once_a_run(publisher: Any, tmp_path: Path) -> None:
    publisher.silent.add("sums.example.com")
    releases = publisher.releases()
    for _ in range(2):
        with pytest.raises(ReleaseUnreachable) as caught:
            _fetch(releases, PLAIN, tmp_path / "tool")
    assert str(caught.value) == (
        f"{SUMS}: sums.example.com cannot be reached\n  why:  [Errno -2] Name or service not known"
    )
    assert publisher.asked == [SUMS]


def test_an_answer_that_is_not_the_file_is_no_release(publisher: Any, tmp_path: Path) -> None:
    with pytest.raises(ReleaseUnreachable) as caught:
        _fetch(publisher.releases(), PLAIN, tmp_path / "tool")
    assert str(caught.value) == f"{SUMS}: sums.example.com answers 404"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 64, "a" * 64),
        ("A" * 64 + "\n", "a" * 64),
        (f"{'b' * 64}  other\n{'a' * 64}  file", "a" * 64),
        (f"{'a' * 64} *file", "a" * 64),
        (f"{'a' * 64}  ./out/file", "a" * 64),
        (f"{'b' * 64}  other", None),
        ("a" * 40 + "  file", None),
        ("", None),
    ],
)
def test_checksum_files_of_every_publisher_are_read(text: str, expected: str | None) -> None:
    assert find_checksum(text, "file") == expected


def test_every_release_of_the_table_is_https_and_verified() -> None:
    releases = [(tool, tool.release) for tool in TOOLS if tool.release]
    assert {tool.name for tool, _ in releases} == {"kubectl", "helm", "kind", "pulumi"}
    for tool, release in releases:
        for template in (release.url, release.checksums):
            url = release.fill(template, tool.version, "amd64")
            assert url.startswith("https://")
            assert "{" not in url
