"""What the go command's failures are told as; every sample was said by a real go command."""

from __future__ import annotations

import pytest

from components.errors import PlatformError
from machine.gofailures import DiskFull, ModuleSumMismatch, RegistryRefused, RegistryUnreachable, explain

MISMATCH = """go: downloading golang.org/x/text v0.3.6
verifying golang.org/x/text@v0.3.6: checksum mismatch
\tdownloaded: h1:aRYxNxv6iGQlyVaZmk6ZgYEDa+Jg18DxebPSrd6bg1M=
\tgo.sum:     h1:aaaa9KzQvXvYwZKBPJZVbOZ8Qn8rQmMOfvJ6MXn1Xn0=

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum."""


def test_a_mismatch_with_the_lock_names_both_sums() -> None:
    error = explain("build it", MISMATCH, "")
    assert isinstance(error, ModuleSumMismatch)
    assert error.module == "golang.org/x/text@v0.3.6"
    assert error.came == "h1:aRYxNxv6iGQlyVaZmk6ZgYEDa+Jg18DxebPSrd6bg1M="
    assert error.pinned == "h1:aaaa9KzQvXvYwZKBPJZVbOZ8Qn8rQmMOfvJ6MXn1Xn0="


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            'Get "http://127.0.0.1:1/x.info": dial tcp 127.0.0.1:1: connect: connection refused',
            RegistryUnreachable,
        ),
        ("dial tcp: lookup registry on 127.0.0.53:53: no such host", RegistryUnreachable),
        ("net/http: TLS handshake timeout", RegistryUnreachable),
        ("reading http://127.0.0.1/500/x.info: 500 Internal Server Error", RegistryUnreachable),
        ("reading http://127.0.0.1/503/x.info: 503 Service Unavailable", RegistryUnreachable),
        ("reading http://127.0.0.1/403/x.info: 403 Forbidden", RegistryRefused),
        ("reading http://127.0.0.1/404/x.info: 404 Not Found", RegistryRefused),
        ("reading http://127.0.0.1/410/x.info: 410 Gone", RegistryRefused),
        ("reading file:///registry/x/@v/v1.0.0.info: no such file or directory", RegistryRefused),
        ("write /cache/x.zip: no space left on device", DiskFull),
        ("write /cache/x.zip: disk quota exceeded", DiskFull),
    ],
)
def test_each_failure_has_its_kind(said: str, kind: type[PlatformError]) -> None:
    error = explain("download x", said, "")
    assert type(error) is kind
    assert error.problems[0].why == said


def test_a_full_disk_says_what_to_do() -> None:
    assert str(explain("build it", "write x.zip: no space left on device", "")) == (
        "The disk is full: could not build it\n"
        "  why:  write x.zip: no space left on device\n"
        "  do:   Make room (`make clean-cache` helps), then run the command again: it goes on."
    )


def test_a_refusal_says_what_to_do() -> None:
    assert str(explain("download x@v1", "reading http://127.0.0.1/x.info: 403 Forbidden", "")) == (
        "The Go module registry refused: could not download x@v1\n"
        "  why:  reading http://127.0.0.1/x.info: 403 Forbidden\n"
        "  do:   Check that the proxy of `go env GOPROXY` serves this module and version."
    )


def test_anything_else_is_told_as_it_was_said() -> None:
    error = explain("build x", "./main.go:3:2: undefined: x", "/cache/logs/x.log")
    assert type(error) is PlatformError
    assert str(error) == (
        "could not build x\n"
        "  why:  ./main.go:3:2: undefined: x\n"
        "  do:   Read the whole output in /cache/logs/x.log."
    )


def test_the_error_is_taken_out_of_the_go_commands_json() -> None:
    said = '{\n\t"Path": "x",\n\t"Error": "x@v1: version \\"v1\\" invalid"\n}'
    assert explain("download x@v1", said, "").problems[0].why == 'x@v1: version "v1" invalid'
