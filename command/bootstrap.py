"""Make .venv from a lock file, on a machine that has Python 3.11 and perhaps neither venv nor pip.

It runs before anything of the project can be imported, so it uses the standard library only. The
environment is built whole in a folder of its own below .venvs/, named after the lock's content, and
`.venv` is switched to it in one rename: a kill leaves the old one in use and a folder that the next run
removes. Two runs at once do the work once.

    python3 command/bootstrap.py requirements.txt [requirements-dev.txt ...]
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

MINIMUM = (3, 11)
STAMPS = "locks"
_APT_TIMEOUT_SECONDS = 300


class Unready(Exception):
    """The machine lacks something; the text says what and what to do."""


def lock_key(content: bytes) -> str:
    """Name of a lock file's content, as the Makefile computes it: the first 16 digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def locked_versions(lock: str) -> dict[str, str]:
    """Normalised package name -> version of every `name==version` line."""
    pairs = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE)
    return {normalise(name): version for name, version in pairs}


def normalise(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def missing(lock: str, installed: Mapping[str, str]) -> list[str]:
    """What an environment lacks of a lock, in the lock's order; empty where it satisfies it."""
    wanted = locked_versions(lock)
    return [f"{name}=={version}" for name, version in wanted.items() if installed.get(name) != version]


def installed_versions(site_packages: Path) -> dict[str, str]:
    """Normalised name -> version, read off the dist-info folders."""
    names = (folder.name.removesuffix(".dist-info") for folder in site_packages.glob("*.dist-info"))
    return {normalise(name): version for name, _, version in (name.rpartition("-") for name in names)}


def main(arguments: Sequence[str]) -> int:
    """Make `.venv` in the current folder satisfy every lock file named."""
    locks = [Path(argument) for argument in arguments] or [Path("requirements.txt")]
    try:
        require_python(sys.version_info[:2])
        ensure(Path.cwd(), locks)
    except Unready as error:
        print(f"Cannot prepare Python: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"Cannot prepare Python: {error.cmd[0]} ended with status {error.returncode}.", file=sys.stderr)
        return 1
    return 0


def require_python(version: tuple[int, ...]) -> None:
    """Refuse a Python that the project's code cannot be read by."""
    if version < MINIMUM:
        raise Unready(
            f"this is Python {version[0]}.{version[1]}, and 3.11 or newer is needed. "
            "Install python3.11, or name one: make PYTHON=/path/to/python3.11 up"
        )


def ensure(root: Path, locks: Sequence[Path]) -> None:
    """Build the environment unless `.venv` has it already.

    Raises:
        Unready: `.venv` is somebody else's and lacks something, or there is no way to install.
    """
    contents = {lock_key(lock.read_bytes()): lock for lock in locks}
    link = root / ".venv"
    with locked(root / ".venvs"):
        if all((link / STAMPS / key).exists() for key in contents):
            return
        if link.is_dir() and not link.is_symlink():
            adopt(link, contents)
            return
        target = root / ".venvs" / "-".join(sorted(contents))
        shutil.rmtree(target, ignore_errors=True)
        print(f"Preparing Python packages in {link.name} (once; about a minute) ...", file=sys.stderr)
        install(target, list(contents.values()))
        stamp(target, contents)
        switch(link, target)


def adopt(environment: Path, contents: Mapping[str, Path]) -> None:
    """Take a folder that somebody else made, if it has everything; never change it otherwise."""
    installed = {
        name: version
        for site_packages in environment.glob("lib/python3*/site-packages")
        for name, version in installed_versions(site_packages).items()
    }
    lacking = [one for lock in contents.values() for one in missing(lock.read_text(), installed)]
    if "pip" not in installed:
        lacking.append("pip")
    if lacking:
        raise Unready(
            f".venv was not made by this project and lacks {len(lacking)} of its packages "
            f"({', '.join(lacking[:3])}{', ...' if len(lacking) > 3 else ''}). Remove it: rm -r .venv"
        )
    stamp(environment, contents)


def stamp(environment: Path, contents: Mapping[str, Path]) -> None:
    """Say, as the last step, that everything of these locks is there."""
    (environment / STAMPS).mkdir(exist_ok=True)
    for key in contents:
        (environment / STAMPS / key).touch()


def switch(link: Path, target: Path) -> None:
    """Point `.venv` at the new environment in one step, then drop the old ones."""
    aside = link.with_name(f".venv.{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path(".venvs") / target.name)
    os.replace(aside, link)
    for other in target.parent.iterdir():
        if other.is_dir() and other != target:
            shutil.rmtree(other, ignore_errors=True)


def install(target: Path, locks: Sequence[Path]) -> None:
    """Make an environment and install the locks into it, every file checked against its hash."""
    wanted = [argument for lock in locks for argument in ("-r", str(lock))]
    if uv := shutil.which("uv"):
        run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(target))
        python = str(target / "bin" / "python")
        run(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", *wanted)
        return
    with tempfile.TemporaryDirectory() as scratch:
        pip = make_environment(target, Path(scratch))
        # Python compiles what is imported, which is a small part of AWS's SDK: compiling everything here
        # took half of the time, and a third of the room.
        options = ["--quiet", "--no-compile", "--disable-pip-version-check", "--require-hashes"]
        run(*pip, "install", *options, *wanted)


def make_environment(target: Path, scratch: Path) -> list[str]:
    """Make an environment with pip in it, and return the command that runs that pip.

    Debian splits venv: without its python3-venv there is a venv module but nothing to put pip in with.
    """
    if importlib.util.find_spec("venv") is None:
        raise Unready("this Python has no venv module. Install it: apt-get install python3-venv")
    own = [str(target / "bin" / "python"), "-m", "pip"]
    if importlib.util.find_spec("ensurepip"):
        run(sys.executable, "-m", "venv", str(target))
        return own
    run(sys.executable, "-m", "venv", "--without-pip", str(target))
    wheel = debian_pip(scratch)
    python = own[0]
    run(python, f"{wheel}/pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    return own


def debian_pip(scratch: Path) -> Path:
    """Fetch Debian's pip wheel with apt's own verification; nothing on the host changes, root or not."""
    fix = "Install it (apt-get install python3-venv), or put uv on PATH."
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if not apt or not dpkg:
        raise Unready(f"neither pip nor a way to fetch it was found. {fix}")
    (scratch / "lists" / "partial").mkdir(parents=True)
    (scratch / "cache" / "archives" / "partial").mkdir(parents=True)
    options = ["-q", "-o", f"Dir::State::lists={scratch}/lists", "-o", f"Dir::Cache={scratch}/cache"]
    options += ["-o", "APT::Sandbox::User=", "-o", "Debug::NoLocking=1"]
    try:
        run(apt, *options, "update", quiet=True, cwd=scratch)
        run(apt, *options, "download", "python3-pip-whl", quiet=True, cwd=scratch)
        package = next(scratch.glob("python3-pip-whl_*.deb"))
        run(dpkg, "-x", str(package), str(scratch / "root"))
    except (subprocess.SubprocessError, StopIteration) as error:
        raise Unready(f"this Python has no pip, and apt could not fetch one. {fix}") from error
    return next((scratch / "root/usr/share/python-wheels").glob("pip-*.whl"))


def run(*command: str, quiet: bool = False, cwd: Path | None = None) -> None:
    """Run a program; its errors are shown unless they are expected."""
    sink = subprocess.DEVNULL if quiet else None
    subprocess.run(
        command,
        check=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if not quiet else sink,
        stderr=sink,
        timeout=_APT_TIMEOUT_SECONDS if quiet else None,
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the checkout's lock; the kernel drops it with its holder."""
    folder.mkdir(exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
