"""The forms of text in a stack file: names, versions, amounts, paths, addresses."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from components.settings.form import Form, Refusal


def _number_as_text(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(value) if is_number else value


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME_FIX = "use small letters, digits and '-', beginning and ending with a letter or digit"


def _judge_object_name(value: str) -> Refusal | None:
    """RFC 1123 subdomain, as most Kubernetes objects are named."""
    if len(value) <= 253 and re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", value):
        return None
    return Refusal("is not a Kubernetes name", "Kubernetes refuses an object of this name", _NAME_FIX)


def _judge_label_key(value: str) -> Refusal | None:
    prefix, _, name = value.rpartition("/")
    name_ok = re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", name)
    prefix_ok = not prefix if "/" not in value else _judge_object_name(prefix) is None
    if name_ok and prefix_ok:
        return None
    return Refusal(
        "is not a label key",
        "Kubernetes takes [prefix/]name, the name of at most 63 letters, digits, '-', '_' and '.'",
        "write it like example.org/pool",
    )


def _judge_label_value(value: str) -> Refusal | None:
    if re.fullmatch(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", value):
        return None
    return Refusal(
        "is not a label value",
        "Kubernetes takes at most 63 letters, digits, '-', '_' and '.', letters or digits at both ends",
        "shorten it or replace the other characters",
    )


def _judge_patch_version(value: str) -> Refusal | None:
    if re.fullmatch(r"[1-9]\d*\.\d+\.\d+", value):
        return None
    return Refusal(
        "is not a Kubernetes version of three parts",
        "a node image is chosen by its exact version",
        'write it like "1.34.4": no v in front, all three parts, in quotes',
    )


def _judge_minor_version(value: str) -> Refusal | None:
    if re.fullmatch(r"[1-9]\d*\.\d+", value):
        return None
    return Refusal(
        "is not a Kubernetes version of two parts",
        "EKS chooses the patch release itself",
        'write it like "1.35": no v in front, two parts, in quotes',
    )


CPU_PATTERN = r"^(\d+(\.\d+)?|\d+m)$"
MEMORY_PATTERN = r"^\d+(\.\d+)?(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"


def _judge_cpu(value: str) -> Refusal | None:
    if not re.match(CPU_PATTERN, value):
        return Refusal(
            "is not an amount of CPU",
            "Kubernetes counts cores, or thousandths of one with the suffix m",
            "write it like 2, 0.5 or 500m",
        )
    if not re.search(r"[1-9]", value):
        return Refusal(
            "is no CPU at all",
            "a container with zero CPU starves as soon as a neighbour is busy",
            "ask for at least 10m, or leave the key away",
        )
    return None


def _judge_memory(value: str) -> Refusal | None:
    if re.fullmatch(r"\d+(\.\d+)?m", value):
        return Refusal(
            "is measured in thousandths of a byte",
            "the suffix m means milli; megabytes are M, mebibytes Mi",
            f"write {value[:-1]}Mi",
        )
    if not re.match(MEMORY_PATTERN, value):
        return Refusal(
            "is not an amount of bytes",
            "Kubernetes knows the suffixes k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei",
            "write it like 512Mi or 2Gi",
        )
    if not re.search(r"[A-Za-z]", value) and float(value) < 1_000_000:
        return Refusal(
            "is less than a megabyte",
            "without a suffix the number counts bytes",
            "add a suffix, like 512Mi or 2Gi",
        )
    return None


def _judge_domain(value: str) -> Refusal | None:
    if "://" in value or "/" in value or ":" in value:
        return Refusal(
            "is more than a domain name",
            "hosts are made as <service>.<namespace>.<domain>",
            "leave scheme, port and path away: models.example.org",
        )
    if value == "cluster.local" or value.endswith(".cluster.local"):
        return Refusal(
            "is the cluster's own domain",
            "Knative treats services below it as private, so that no request from outside reaches them",
            "use a domain of yours, or example.com on a local cluster",
        )
    if len(value) <= 200 and re.fullmatch(rf"({_LABEL}\.)+{_LABEL}", value):
        return None
    return Refusal(
        "is not a domain name",
        "hosts are made as <service>.<namespace>.<domain>",
        "write at least two labels of small letters, digits and '-': models.example.org",
    )


def _judge_absolute_path(value: str) -> Refusal | None:
    if not value.startswith("/"):
        return Refusal(
            "is not an absolute path",
            "a relative path would depend on where the command is started",
            "begin it with /",
        )
    if ".." in value.split("/"):
        return Refusal("climbs with ..", "it is not plain to see where it ends", "write where it leads")
    return None


def _judge_file_path(value: str) -> Refusal | None:
    if "\n" in value or value.lstrip().startswith("{") or "apiVersion:" in value:
        return Refusal(
            "is the content of a file, not its path",
            "a kubeconfig holds credentials, which do not belong in a stack file",
            "save it with mode 0600 outside the checkout and write its path here",
        )
    if value and (value.startswith(("/", "~/"))):
        return None
    return Refusal(
        "is neither an absolute path nor below ~/",
        "a relative path would depend on where the command is started",
        "begin it with / or ~/",
    )


def _judge_registry(value: str) -> Refusal | None:
    if re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?", value):
        return None
    return Refusal(
        "is not a registry's host",
        "containerd looks mirrors up by the host in an image's name",
        "write the host only, like docker.io or registry.example.org:5000",
    )


def _judge_mirror_url(value: str) -> Refusal | None:
    try:
        parts = urlsplit(value)
        host, credentials = parts.hostname, parts.password or parts.username
        _ = parts.port
    except ValueError:
        host, credentials, parts = None, None, urlsplit("")
    if credentials:
        return Refusal(
            "carries credentials",
            "a stack file is plain text, and the node's configuration is too",
            "leave user and password away and let the mirror allow anonymous reads",
        )
    if parts.scheme in {"http", "https"} and host and not parts.query and not parts.fragment:
        return None
    return Refusal(
        "is not a mirror's address",
        "containerd asks mirrors by http or https",
        "write it like https://mirror.example.org",
    )


def _judge_tag(value: str) -> Refusal | None:
    if value == "latest" or value.startswith("latest-"):
        return Refusal(
            "is a moving version",
            "latest is another image tomorrow, and the kubelet asks the registry for it at every start",
            "name a version, like 0.9.0",
        )
    if re.fullmatch(r"\w[\w.-]{0,127}", value, re.ASCII):
        return None
    return Refusal(
        "is not an image tag",
        "the version becomes the tag of the runtime's image",
        "use at most 128 letters, digits, '_', '.' and '-', like 0.9.0-gpu",
    )


def _judge_one_line(value: str) -> Refusal | None:
    if value and value == value.strip() and value.isprintable():
        return None
    return Refusal("is empty or has stray blanks", "it is looked up as it stands", "write the name only")


# The longest object that a service leads to is `<name>-predictor`, whose host label may have 63 letters.
LONGEST_SERVICE = 63 - len("-predictor")


def judge_service_name(value: str) -> Refusal | None:
    """KServe's webhook wants more than a DNS label: a letter first (IsvcNameFmt in its validation)."""
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", value):
        return Refusal(
            "is not a name for a service",
            "the name becomes part of a host, and KServe refuses others",
            "use small letters, digits and '-', a letter first and no '-' last",
        )
    if len(value) > LONGEST_SERVICE:
        return Refusal(
            f"is longer than {LONGEST_SERVICE} letters",
            "with -predictor behind it, it must fit into the 63 letters of a host's label",
            "shorten it",
        )
    return None


ServiceName = Annotated[str, Form("service-name", judge_service_name, r"^[a-z]([-a-z0-9]*[a-z0-9])?$")]
ObjectName = Annotated[str, Form("object-name", _judge_object_name, rf"^{_LABEL}(\.{_LABEL})*$")]
LabelKey = Annotated[str, Form("label-key", _judge_label_key)]
LabelValue = Annotated[str, Form("label-value", _judge_label_value)]
PatchVersion = Annotated[str, Form("patch-version", _judge_patch_version, r"^[1-9]\d*\.\d+\.\d+$")]
MinorVersion = Annotated[str, Form("minor-version", _judge_minor_version, r"^[1-9]\d*\.\d+$")]
Cpu = Annotated[str, Form("cpu", _judge_cpu, CPU_PATTERN, number=True), BeforeValidator(_number_as_text)]
Memory = Annotated[
    str, Form("memory", _judge_memory, MEMORY_PATTERN, number=True), BeforeValidator(_number_as_text)
]
Domain = Annotated[str, Form("domain", _judge_domain, rf"^({_LABEL}\.)+{_LABEL}$")]
AbsolutePath = Annotated[str, Form("absolute-path", _judge_absolute_path, r"^/")]
FilePath = Annotated[str, Form("file-path", _judge_file_path, r"^(/|~/)")]
Registry = Annotated[str, Form("registry", _judge_registry)]
MirrorUrl = Annotated[str, Form("mirror-url", _judge_mirror_url, r"^https?://")]
Tag = Annotated[str, Form("tag", _judge_tag, r"^\w[\w.-]{0,127}$")]
Word = Annotated[str, Form("word", _judge_one_line)]
