"""The texts that apt reads and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.toolchain.apt import (
    Package,
    Source,
    own_sources,
    parse_uris,
    private_configuration,
    unknown_packages,
)

DEB822 = """# A comment
Types: deb deb-src
URIs: http://mirror.example.com/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian.gpg
Trusted: yes

Types: deb
URIs: http://mirror.example.com/security
Suites: bookworm-security
Components: main contrib

Types: deb
Enabled: no
URIs: http://off.example.com/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://src.example.com/debian
Suites: bookworm
Components: main
"""


def test_the_distributions_own_suites_are_taken_and_signatures_stay_checked() -> None:
    sources = own_sources({"debian.sources": DEB822}, "bookworm")
    assert sources == [
        Source(
            ("http://mirror.example.com/debian",),
            ("bookworm", "bookworm-updates"),
            ("main",),
            "/usr/share/keyrings/debian.gpg",
        ),
        Source(("http://mirror.example.com/security",), ("bookworm-security",), ("main", "contrib")),
    ]
    assert sources[0].stanza() == (
        "Types: deb\n"
        "URIs: http://mirror.example.com/debian\n"
        "Suites: bookworm bookworm-updates\n"
        "Components: main\n"
        "Signed-By: /usr/share/keyrings/debian.gpg\n"
    )


def test_one_line_sources_are_read() -> None:
    text = (
        "# deb http://off.example.com/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/k1.gpg,/k2.gpg trusted=yes] http://a.example.com/ bookworm main contrib\n"
        "deb http://a.example.com/security bookworm-security/ main # security\n"
        "deb-src http://a.example.com/debian bookworm main\n"
    )
    assert own_sources({"sources.list": text}, "bookworm") == [
        Source(("http://a.example.com/",), ("bookworm",), ("main", "contrib"), "/k1.gpg /k2.gpg"),
        Source(("http://a.example.com/security",), ("bookworm-security/",), ("main",)),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "deb https://vendor.example.com/apt cloud-sdk-bookworm main",
        "deb https://vendor.example.com/apt nodistro main",
        "deb https://vendor.example.com/apt bookworm-pgdg main",
        "deb https://vendor.example.com/apt trixie main",
    ],
)
def test_other_vendors_and_releases_are_not_asked(line: str) -> None:
    assert own_sources({"vendor.list": line}, "bookworm") == []


def test_a_key_inside_a_source_is_kept() -> None:
    text = (
        "Types: deb\nURIs: http://a.example.com\nSuites: bookworm\nComponents: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
    )
    (source,) = own_sources({"a.sources": text}, "bookworm")
    assert source.signed_by == "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc"


def test_proxies_are_kept_and_hooks_are_not() -> None:
    machine = (
        'APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";\n'
        'Acquire::http::Proxy "http://proxy.example.com:3128";\n'
        'Acquire::https::CaInfo "/etc/ssl/company.pem";\n'
        'Acquire::AllowInsecureRepositories "1";\n'
        'Acquire::Check-Valid-Until "false";\n'
    )
    lines = private_configuration(Path("/cache/debian"), machine).splitlines()
    assert lines[:3] == [
        'Acquire::http::Proxy "http://proxy.example.com:3128";',
        'Acquire::https::CaInfo "/etc/ssl/company.pem";',
        'Acquire::Check-Valid-Until "false";',
    ]
    assert 'Dir::State "/cache/debian/state";' in lines
    assert 'Dir::State::status "/cache/debian/status";' in lines
    assert 'Dir::Etc::main "/dev/null";' in lines
    assert not [line for line in lines if "Post-Invoke" in line or "Insecure" in line]


def test_packages_are_read_and_sorted() -> None:
    text = (
        "'http://a.example.com/r/runc_1.1.5%2bds1-1_amd64.deb' runc_1.1.5+ds1-1_amd64.deb 2710000 SHA256:ab\n"
        "'http://a.example.com/l/libcap2_2.66-4_amd64.deb' libcap2_1%3a2.66-4_amd64.deb 27000 SHA256:cd\n"
    )
    assert parse_uris(text) == (
        Package("libcap2", "1:2.66-4", "amd64", "libcap2_1%3a2.66-4_amd64.deb", 27000),
        Package("runc", "1.1.5+ds1-1", "amd64", "runc_1.1.5+ds1-1_amd64.deb", 2710000),
    )


def test_unknown_packages_are_named() -> None:
    said = "E: Unable to locate package nonesuch\nE: Package 'gone' has no installation candidate"
    assert unknown_packages(said) == ["nonesuch", "gone"]
