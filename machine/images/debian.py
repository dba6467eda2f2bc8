"""What Debian's maintainer scripts would have done, done openly: users, alternatives, certificates, folders.

A layer made of package archives has every file and none of the decisions that installation takes. Only those
that some program here needs are taken, each said in one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from machine.images import debs, tree
from machine.images.debs import Deb
from machine.images.tree import Entry

CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class User:
    """A user with a group of the same name and number.

    Attributes:
        name: Its name.
        number: User and group number.
        home: Its home folder.
    """

    name: str
    number: int
    home: str = "/nonexistent"


@dataclass(frozen=True)
class Alternative:
    """One name that several programs can stand for (Debian's update-alternatives).

    Attributes:
        name: Its name, also of the file that records it.
        link: Absolute path of the link that people call.
        choices: Absolute paths of the programs, best first.
        companions: Names that follow the choice, as suffixes of link and program ("-save").
    """

    name: str
    link: str
    choices: tuple[str, ...]
    companions: tuple[str, ...] = ()


def frame() -> Iterator[Entry]:
    """The folders and links that every system has: merged /usr, /tmp, /run, /root."""
    for name in ("bin", "sbin", "lib", "lib64"):
        yield tree.folder(f"usr/{name}")
        yield tree.link(name, f"usr/{name}")
    for name in ("dev", "etc", "home", "mnt", "opt", "proc", "run", "srv", "sys", "var"):
        yield tree.folder(name)
    yield tree.folder("root", mode=0o700)
    for name in ("tmp", "var/tmp", "run/lock"):
        yield tree.folder(name, mode=0o1777)
    yield tree.link("var/run", "/run")
    yield tree.link("var/lock", "/run/lock")


def users(extra: Iterable[User] = ()) -> Iterator[Entry]:
    """The user list: root, nobody and those given; passwords are locked."""
    known = [User("root", 0, "/root"), *sorted(extra, key=lambda user: user.number), User("nobody", 65534)]
    shells = {0: "/bin/sh"}
    passwd = [
        f"{u.name}:x:{u.number}:{u.number}::{u.home}:{shells.get(u.number, '/usr/sbin/nologin')}"
        for u in known
    ]
    groups = [f"{u.name if u.name != 'nobody' else 'nogroup'}:x:{u.number}:" for u in known]
    yield tree.file("etc/passwd", "\n".join([*passwd, ""]))
    yield tree.file("etc/group", "\n".join([*groups, ""]))
    yield tree.file("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")


def debian_users(base_passwd: Deb, extra: Iterable[User]) -> Iterator[Entry]:
    """Debian's own user list (package base-passwd) and the users that packages would have added."""
    added = list(extra)
    masters = {
        name: debs.read_file(base_passwd, f"usr/share/base-passwd/{name}.master")
        .decode()
        .replace(":*:", ":x:")
        for name in ("passwd", "group")
    }
    passwd = [f"{u.name}:x:{u.number}:{u.number}::{u.home}:/usr/sbin/nologin\n" for u in added]
    groups = [f"{u.name}:x:{u.number}:\n" for u in added]
    names = [line.split(":", 1)[0] for line in (masters["passwd"] + "".join(passwd)).splitlines()]
    yield tree.file("etc/passwd", masters["passwd"] + "".join(passwd))
    yield tree.file("etc/group", masters["group"] + "".join(groups))
    yield tree.file("etc/shadow", "".join(f"{name}:*:18262:0:99999:7:::\n" for name in names), mode=0o600)
    yield tree.file("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")


def certificates(ca_certificates: Deb) -> Iterator[Entry]:
    """The bundle of certificate authorities, every one that the package ca-certificates holds."""
    texts = {
        entry.path: entry.source.read()  # type: ignore[union-attr]
        for entry in debs.package_files(ca_certificates, lambda path: path.endswith(".crt"))
        if entry.kind == "file"
    }
    yield tree.file(CERTIFICATES, b"".join(texts[path] for path in sorted(texts)))
    yield tree.link("etc/ssl/cert.pem", f"/{CERTIFICATES}")


def alternatives(chosen: Iterable[Alternative]) -> Iterator[Entry]:
    """The links of update-alternatives and its records, so that it can change them later."""
    for one in chosen:
        pairs = [("", one.name)] + [(suffix, f"{one.name}{suffix}") for suffix in one.companions]
        for suffix, name in pairs:
            yield tree.link(f"{one.link}{suffix}", f"/etc/alternatives/{name}")
            yield tree.link(f"etc/alternatives/{name}", f"{one.choices[0]}{suffix}")
        yield tree.file(f"var/lib/dpkg/alternatives/{one.name}", _record(one))


def _record(one: Alternative) -> str:
    """The file format of update-alternatives: mode, link, companions, a blank, the choices."""
    lines = ["auto", one.link]
    for suffix in one.companions:
        lines += [f"{one.name}{suffix}", f"{one.link}{suffix}"]
    lines.append("")
    for rank, choice in enumerate(one.choices):
        lines += [choice, str(100 - 10 * rank), *(f"{choice}{suffix}" for suffix in one.companions)]
    return "\n".join([*lines, "", ""])


def package_records(packages: Sequence[Deb]) -> Iterator[Entry]:
    """The list of what is installed, where vulnerability scanners look for it."""
    paragraphs = []
    for deb in packages:
        name, _, rest = debs.control(deb).strip().partition("\n")
        paragraphs.append(f"{name}\nStatus: install ok installed\n{rest}\n")
    yield tree.file("var/lib/dpkg/status", "\n".join(paragraphs))


def contents(packages: Sequence[Deb], without: Iterable[str] = ()) -> Iterator[Entry]:
    """The files of packages, in the order of their names.

    Args:
        packages: The archives.
        without: Paths, or folders with their slash, to leave out.
    """
    dropped = frozenset(without)
    folders = tuple(path for path in dropped if path.endswith("/"))
    for deb in sorted(packages, key=lambda deb: deb.name):
        yield from debs.package_files(deb, lambda path: not (path in dropped or path.startswith(folders)))
