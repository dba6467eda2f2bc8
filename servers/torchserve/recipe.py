"""What the TorchServe image consists of, as values: the builder of images reads them and does the work.

Measured: Debian's closure of torch, torchvision and Java unpacks to 1.3 GB (319 MB to download). What is
named here leaves 520 MB (140 MB), and `import torch` takes 0.8 s and 165 MB of memory instead of 1.0 s and
230 MB, for the dynamic loader no longer maps 200 libraries that nothing calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

_HERE = Path(__file__).parent
_LIBRARIES = "usr/lib/x86_64-linux-gnu"

PYTHON = "/usr/bin/python3"
JAVA_HOME = "/usr/lib/jvm/java-17-openjdk-amd64"
SERVER = "/opt/kserve-server"
HOME = "/home/model-server"
USER = 1000
"""The runtime's pod security context asks for this user by number."""


@dataclass(frozen=True)
class Wheels:
    """Wheels to unpack.

    Attributes:
        requirements: Lock file with hashes; each a wheel, and complete: nothing is to be added.
        target: Folder of the image, relative to its root.
    """

    requirements: Path
    target: str


@dataclass(frozen=True)
class Folder:
    """A folder that the server writes to.

    Attributes:
        path: Relative to the image's root.
        mode: Permission bits.
        owner: Numeric user and group.
    """

    path: str
    mode: int = 0o755
    owner: int = USER


PACKAGES = (
    "python3-torch",
    "python3-torchvision",
    "libopenblas0-pthread",  # the reference BLAS is ten times slower, and would be chosen otherwise
    "openjdk-17-jre-headless",
    "python3-yaml",
    "ocl-icd-libopencl1",  # oneDNN calls it when it looks for devices
    "ca-certificates",
    "busybox-static",  # a shell and its tools for whoever looks into a pod, in 2 MB
)
"""Debian packages; their dependencies come with them, except LEFT_OUT and what only those need."""

LEFT_OUT = (
    # libtorch_cpu is linked against these and calls nothing in them: see UNCALLED_LIBRARIES.
    "libopencv-calib3d406",
    "libopencv-contrib406",
    "libopencv-core406",
    "libopencv-dnn406",
    "libopencv-features2d406",
    "libopencv-flann406",
    "libopencv-highgui406",
    "libopencv-imgcodecs406",
    "libopencv-imgproc406",
    "libopencv-video406",
    "libopencv-videoio406",
    "libavcodec59",
    "libavformat59",
    "libavutil57",
    "libswresample4",
    "libswscale6",
    "libleveldb1d",
    "liblmdb0",
    "libsnappy1v5",
    "libzmq5",
    # torch imports these in its own tests, and on paths that Python 3.11 does not take.
    "python3-astunparse",
    "python3-future",
    "python3-hypothesis",
    "python3-sympy",
    # What a Java server without a desktop, a printer or a smart card does not open.
    "ca-certificates-java",
    "java-common",
    "libasound2",
    "libcups2",
    "libnss3",
    "libpcsclite1",
    "util-linux",
    # Provided by openblas.
    "libblas3",
    "liblapack3",
    # Only maintainer scripts call these, and none is run.
    "adduser",
    "debconf",
    "dpkg",
    "mime-support",
    "mailcap",
    "openssl",
    "passwd",
)
"""Packages to treat as installed: neither they nor what only they need is fetched.

For apt: stanzas in the private status file (`Status: install ok installed`, `Multi-Arch: same`, a version
above every other, such as 9999:9999). What is left unresolved is proved by a test: every library that a
file of the root needs is in the root.
"""

UNCALLED_LIBRARIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        f"{_LIBRARIES}/libtorch_cpu.so.1.13.0": (
            *(
                f"libopencv_{part}.so.406"
                for part in (
                    "calib3d",
                    "core",
                    "dnn",
                    "features2d",
                    "flann",
                    "highgui",
                    "imgcodecs",
                    "imgproc",
                    "optflow",
                    "video",
                    "videoio",
                    "ximgproc",
                )
            ),
            "libavcodec.so.59",
            "libavformat.so.59",
            "libavutil.so.57",
            "libswresample.so.4",
            "libswscale.so.6",
            "libleveldb.so.1d",
            "liblmdb.so.0",
            "libsnappy.so.1",
            "libzmq.so.5",
            "libOpenCL.so.1",
        )
    }
)
"""Library -> names to strike from its list of needed libraries (`elf.drop_needed`).

None defines a symbol that the library looks up, which the dynamic loader proves at every start: it binds all
symbols at once (BIND_NOW), and would refuse to load the library if one were missing.
"""

WHEELS = (
    Wheels(_HERE / "requirements-torchserve.txt", "usr/local/lib/python3.11/dist-packages"),
    Wheels(_HERE / "requirements-server.txt", f"{SERVER[1:]}/lib"),
)
"""Two folders: a model that brings its own protobuf or gRPC does not touch the server's.

The first is on Debian's own search path: KServe 0.20 refuses a runtime that sets PYTHONPATH, and so needs
none.
"""

SOURCES: Mapping[str, Path] = MappingProxyType(
    {
        f"{SERVER[1:]}/{path.relative_to(_HERE.parent.parent).as_posix()}": path
        for path in sorted([_HERE.parent / "__init__.py", *_HERE.glob("*.py")])
        if path.name not in ("recipe.py", "elf.py", "root.py")
    }
    | {
        f"{SERVER[1:]}/log4j2.xml": _HERE / "log4j2.xml",
    }
)
"""Path in the image -> file of this repository."""

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "etc/passwd": f"root:x:0:0:root:/root:/bin/sh\nmodel-server:x:{USER}:{USER}::{HOME}:/bin/sh\n",
        "etc/group": f"root:x:0:\nmodel-server:x:{USER}:\n",
        "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
)
"""Path in the image -> text of a small file."""

LINKS: Mapping[str, str] = MappingProxyType(
    {
        # What update-alternatives would have made.
        f"{_LIBRARIES}/libblas.so.3": "openblas-pthread/libblas.so.3",
        f"{_LIBRARIES}/liblapack.so.3": "openblas-pthread/liblapack.so.3",
        f"{_LIBRARIES}/libopenblas.so.0": "openblas-pthread/libopenblas.so.0",
        "usr/bin/python": "python3",
        "usr/bin/java": f"{JAVA_HOME}/bin/java",
        **{
            f"usr/bin/{tool}": "busybox"
            for tool in ("sh", "cat", "cp", "env", "grep", "ls", "ps", "sleep", "tail", "top", "wget")
        },
    }
)
"""Symbolic link of the image -> where it points."""

FOLDERS = (Folder("tmp", 0o1777, 0), Folder(HOME[1:]), Folder("mnt/models", owner=0))

REMOVED = (
    "usr/lib/libtorch-test",
    # torch's own tests, 28 MB; torch_shm_manager stays, `import torch` looks for it
    "usr/lib/python3/dist-packages/torch/bin/test_*",
    "usr/lib/python3/dist-packages/torch/bin/*Test",
    "usr/lib/python3/dist-packages/torch/bin/tutorial_*",
    "usr/lib/python3/dist-packages/*/**/tests",
    "usr/lib/python3/dist-packages/torchvision/video_reader*.so",  # needs the whole of FFmpeg
    "usr/lib/jvm/*/lib/ct.sym",  # for compilers
    "usr/lib/jvm/*/lib/server/classes_nocoops.jsa",  # for heaps above 32 GB
    f"{_LIBRARIES}/gconv",
    "usr/share/bash-completion",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
)
"""Globs (`*`, `**/`) of what is removed after unpacking. Licences (usr/share/doc) stay."""

COMPILE = (
    PYTHON,
    "-m",
    "compileall",
    "-q",
    "--invalidation-mode=unchecked-hash",
    "/usr/lib/python3.11",
    "/usr/lib/python3/dist-packages",
    "/usr/local/lib/python3.11/dist-packages",
    SERVER,
)
"""Run in the finished root: else each worker compiles torch again, 1 s, for user 1000 cannot write there.

Hash-based and unchecked, so that the bytes do not depend on when files were unpacked; in one process, for
they depend on what a process compiled before. Its status is not zero
where a package ships a file for another Python; that is no failure.
"""

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "TEMP": "/tmp",  # noqa: S108 - the container's own
        "JAVA_HOME": JAVA_HOME,  # no update-alternatives ran, so nothing else tells
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108 - captum imports matplotlib, which wants a folder
    }
)
WORKING_DIRECTORY = HOME
PORTS = (8080, 8081, 8082)
ENTRYPOINT = (PYTHON, "-I", f"{SERVER}/servers/torchserve/launch.py")
"""`-I`: nothing of the model store or the working directory can shadow the server's modules."""
COMMAND = (
    "torchserve",
    "--start",
    "--model-store=/mnt/models/model-store",
    "--ts-config=/mnt/models/config/config.properties",
)
"""The arguments that KServe's kserve-torchserve runtime passes, here for `docker run` without any."""
