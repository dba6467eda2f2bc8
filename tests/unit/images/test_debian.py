"""Debian packages as layers, and what their maintainer scripts would have decided."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, cast

import pytest

from components.errors import PlatformError
from machine.images import debian, debs
from machine.images.debian import Alternative, User
from machine.images.debs import Deb
from machine.images.tree import Entry
from tests.unit.images.conftest import MakeDeb


def text_of(entry: Entry) -> str:
    source = entry.source
    assert isinstance(source, bytes)
    return source.decode()


def paths(entries: list[Entry]) -> list[str]:
    return [entry.path for entry in entries]


def test_files_of_bin_sbin_and_lib_land_in_usr(make_deb: MakeDeb) -> None:
    deb = make_deb("tool", {"./bin/": b"", "./bin/tool": b"1", "./lib/x/y.so": b"2", "./etc/tool": b"3"})

    assert paths(list(debs.package_files(deb))) == ["usr/bin/tool", "usr/lib/x/y.so", "etc/tool"]


def test_a_file_s_bytes_and_mode_come_out_of_the_archive(make_deb: MakeDeb) -> None:
    deb = make_deb("tool", {"./usr/bin/tool": b"#!/bin/sh\n"})

    (entry,) = ((e, cast("IO[bytes]", e.source).read()) for e in debs.package_files(deb))

    assert (entry[0].mode, entry[0].size, entry[1]) == (0o755, 10, b"#!/bin/sh\n")


def test_links_and_hard_links_keep_where_they_lead(make_deb: MakeDeb) -> None:
    deb = make_deb(
        "tool", {"./bin/a": b"1"}, links={"./usr/bin/b": "a"}, hardlinks={"./usr/bin/c": "./bin/a"}
    )

    found = {entry.path: (entry.kind, entry.target) for entry in debs.package_files(deb)}

    assert found["usr/bin/b"] == ("link", "a")
    assert found["usr/bin/c"] == ("hardlink", "usr/bin/a")


def test_manuals_and_translations_are_dropped_and_licences_stay(make_deb: MakeDeb) -> None:
    deb = make_deb(
        "tool",
        {
            "./usr/share/man/man1/tool.1.gz": b"",
            "./usr/share/locale/de/tool.mo": b"",
            "./usr/share/doc/tool/changelog.gz": b"",
            "./usr/share/doc/tool/copyright": b"",
        },
    )

    assert paths(list(debs.package_files(deb))) == ["usr/share/doc/tool/copyright"]


def test_a_file_that_is_no_package_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "broken.deb"
    path.write_bytes(b"<html>not found</html>")

    with pytest.raises(PlatformError) as caught:
        list(debs.package_files(Deb("broken", "1.0", path)))

    assert str(caught.value) == (
        "the Debian package broken 1.0 is not as expected\n"
        "  seen: not an ar archive\n"
        f"  do:   Remove {path} and run the command again."
    )


def test_a_package_without_the_file_asked_for_is_refused(make_deb: MakeDeb) -> None:
    deb = make_deb("tool", {"./usr/bin/tool": b"1"})

    with pytest.raises(PlatformError) as caught:
        debs.read_file(deb, "usr/bin/other")

    assert caught.value.problems[0].seen == "no usr/bin/other"
    assert debs.read_file(deb, "usr/bin/tool") == b"1"


def test_only_packages_that_were_asked_for_are_an_image_s_origin(make_deb: MakeDeb) -> None:
    packages = [make_deb("tool", {}, version="1:2.0-3"), make_deb("libtool", {})]

    assert debs.versions(packages, ["tool"]) == ("debian/tool@1:2.0-3",)


def test_a_file_is_left_out_by_its_whole_name_and_a_folder_by_its_slash(make_deb: MakeDeb) -> None:
    names = ("containerd-shim", "containerd-shim-runc-v2")
    deb = make_deb("containerd", {f"./usr/bin/{name}": b"" for name in names} | {"./usr/lib/udev/a": b""})

    left = debian.contents([deb], ["usr/bin/containerd-shim", "usr/lib/udev/"])

    assert paths(list(left)) == ["usr/bin/containerd-shim-runc-v2"]


def test_packages_are_laid_out_in_the_order_of_their_names(make_deb: MakeDeb) -> None:
    packages = [make_deb("b", {"./etc/b": b""}), make_deb("a", {"./etc/a": b""})]

    assert paths(list(debian.contents(packages))) == ["etc/a", "etc/b"]


def test_alternatives_are_links_and_a_record_that_update_alternatives_reads() -> None:
    choice = Alternative(
        "tables", "/usr/sbin/tables", ("/usr/sbin/tables-nft", "/usr/sbin/tables-old"), ("-save",)
    )

    entries = {entry.path: entry for entry in debian.alternatives([choice])}

    assert entries["usr/sbin/tables"].target == "/etc/alternatives/tables"
    assert entries["etc/alternatives/tables"].target == "/usr/sbin/tables-nft"
    assert entries["etc/alternatives/tables-save"].target == "/usr/sbin/tables-nft-save"
    assert text_of(entries["var/lib/dpkg/alternatives/tables"]) == (
        "auto\n/usr/sbin/tables\ntables-save\n/usr/sbin/tables-save\n\n"
        "/usr/sbin/tables-nft\n100\n/usr/sbin/tables-nft-save\n"
        "/usr/sbin/tables-old\n90\n/usr/sbin/tables-old-save\n\n"
    )


def test_the_user_list_has_root_nobody_and_those_given_by_number() -> None:
    entries = {entry.path: text_of(entry) for entry in debian.users([User("b", 65532), User("a", 1337)])}

    assert [line.split(":")[:3] for line in entries["etc/passwd"].splitlines()] == [
        ["root", "x", "0"],
        ["a", "x", "1337"],
        ["b", "x", "65532"],
        ["nobody", "x", "65534"],
    ]
    assert "nogroup:x:65534:" in entries["etc/group"].splitlines()


def test_debian_s_own_users_come_from_its_package_with_locked_passwords(make_deb: MakeDeb) -> None:
    base = make_deb(
        "base-passwd",
        {
            "./usr/share/base-passwd/passwd.master": b"root:*:0:0:root:/root:/bin/bash\n",
            "./usr/share/base-passwd/group.master": b"root:*:0:\n",
        },
    )

    entries = {entry.path: entry for entry in debian.debian_users(base, [User("statd", 101)])}

    assert text_of(entries["etc/passwd"]).splitlines() == [
        "root:x:0:0:root:/root:/bin/bash",
        "statd:x:101:101::/nonexistent:/usr/sbin/nologin",
    ]
    assert [line.split(":")[:2] for line in text_of(entries["etc/shadow"]).splitlines()] == [
        ["root", "*"],
        ["statd", "*"],
    ]
    assert entries["etc/shadow"].mode == 0o600


def test_every_certificate_of_the_package_is_in_the_bundle_in_order(make_deb: MakeDeb) -> None:
    folder = "./usr/share/ca-certificates/mozilla"
    deb = make_deb("ca-certificates", {f"{folder}/B.crt": b"b\n", f"{folder}/A.crt": b"a\n"})

    bundle, link = debian.certificates(deb)

    assert (bundle.path, text_of(bundle)) == ("etc/ssl/certs/ca-certificates.crt", "a\nb\n")
    assert (link.path, link.target) == ("etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")


def test_what_is_installed_is_recorded_where_scanners_look(make_deb: MakeDeb) -> None:
    (record,) = debian.package_records([make_deb("tool", {})])

    assert text_of(record) == (
        "Package: tool\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: all\n"
    )


def test_every_system_has_a_tmp_for_everybody_and_a_merged_usr() -> None:
    entries = {entry.path: entry for entry in debian.frame()}

    assert entries["tmp"].mode == 0o1777
    assert [entries[name].target for name in ("bin", "sbin", "lib", "lib64")] == [
        "usr/bin",
        "usr/sbin",
        "usr/lib",
        "usr/lib64",
    ]


def test_a_stream_of_an_archive_can_be_read_only_as_it_is_taken(make_deb: MakeDeb) -> None:
    deb = make_deb("tool", {"./a": b"1" * 5000, "./b": b"2" * 5000})

    read = [len(cast("io.BufferedReader", entry.source).read()) for entry in debs.package_files(deb)]

    assert read == [5000, 5000]
