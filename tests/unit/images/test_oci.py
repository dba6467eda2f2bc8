"""Images: reproducible, labelled, and readable by containerd and Docker alike."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

from machine.cache import Cache
from machine.images import oci, tree
from machine.images.blobs import Blobs
from machine.images.layers import write_layer
from machine.images.oci import BUILT_HERE_LABEL, BuiltImage, Run
from tests.unit.images.doubles import small_image

REFERENCE = "registry.example.com/team/tool:v1.2.3"


def config_of(cache: Cache, image: BuiltImage) -> dict[str, Any]:
    return dict(json.loads(Blobs(cache).read(image.config)))


def archive_of(cache: Cache, *images: BuiltImage, without: tuple[str, ...] = ()) -> tarfile.TarFile:
    sink = io.BytesIO()
    oci.write_archive(Blobs(cache), images, sink, without=without)
    return tarfile.open(fileobj=io.BytesIO(sink.getvalue()))


def text_of(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    assert member is not None
    return json.loads(member.read())


def test_the_same_layers_and_settings_give_the_same_digest(cache: Cache) -> None:
    first, second = small_image(cache, REFERENCE, "a", "b"), small_image(cache, REFERENCE, "a", "b")

    assert first.digest == second.digest
    assert first.digest != small_image(cache, REFERENCE, "a", "c").digest
    assert first.digest != small_image(cache, "registry.example.com/team/tool:v1.2.4", "a", "b").digest


def test_an_image_says_that_it_was_built_here_and_of_what(cache: Cache) -> None:
    labels = config_of(cache, small_image(cache, REFERENCE, "a"))["config"]["Labels"]

    assert labels == {
        BUILT_HERE_LABEL: "example.com/tool@v1.2.3",
        "org.opencontainers.image.title": "registry.example.com/team/tool",
        "org.opencontainers.image.version": "v1.2.3",
        "org.opencontainers.image.description": "Built by kserve-platform from pinned sources",
    }


def test_settings_that_are_not_given_are_left_out_of_the_config(cache: Cache) -> None:
    settings = config_of(cache, small_image(cache, REFERENCE, "a"))["config"]

    assert sorted(settings) == ["Entrypoint", "Env", "Labels", "WorkingDir"]
    assert settings["Env"] == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]


def test_a_run_is_written_as_the_image_specification_has_it(cache: Cache) -> None:
    blobs = Blobs(cache)
    run = Run(
        ("/bin/server",),
        ("--port=1",),
        user="1000:1000",
        environment={"PATH": "/bin", "HOME": "/home"},
        folder="/work",
        stop_signal="SIGRTMIN+3",
        ports=(8080,),
    )
    image = oci.assemble(blobs, REFERENCE, [("a", write_layer(blobs, [tree.file("a", "")]))], run, ["m@v1"])
    settings = config_of(cache, image)["config"]
    del settings["Labels"]

    assert settings == {
        "User": "1000:1000",
        "Env": ["HOME=/home", "PATH=/bin"],
        "ExposedPorts": {"8080/tcp": {}},
        "Entrypoint": ["/bin/server"],
        "Cmd": ["--port=1"],
        "WorkingDir": "/work",
        "StopSignal": "SIGRTMIN+3",
    }


def test_the_config_names_each_layer_by_the_digest_of_its_plain_tar(cache: Cache) -> None:
    image = small_image(cache, REFERENCE, "a", "b")
    config = config_of(cache, image)

    assert config["rootfs"]["diff_ids"] == [layer.digest for layer in image.layers]
    assert [row["created_by"] for row in config["history"]] == ["a", "b"]


def test_an_archive_is_read_by_its_index_and_by_docker_s_manifest(cache: Cache) -> None:
    image = small_image(cache, REFERENCE, "a", "b")
    archive = archive_of(cache, image)

    (entry,) = text_of(archive, "index.json")["manifests"]
    assert entry["digest"] == image.digest
    assert entry["annotations"]["io.containerd.image.name"] == REFERENCE
    (row,) = text_of(archive, "manifest.json")
    assert row["RepoTags"] == [REFERENCE]
    assert {row["Config"], *row["Layers"]} <= set(archive.getnames())
    assert text_of(archive, "oci-layout") == {"imageLayoutVersion": "1.0.0"}


def test_a_blob_that_two_images_share_is_in_an_archive_once(cache: Cache) -> None:
    one, two = small_image(cache, REFERENCE, "a", "b"), small_image(cache, "example.com/two:v1", "a", "c")
    names = archive_of(cache, one, two).getnames()

    assert len(names) == len(set(names))
    assert sum(name.startswith("blobs/") for name in names) == 3 + 2 * 2


def test_blobs_that_the_receiver_has_are_left_out(cache: Cache) -> None:
    image = small_image(cache, REFERENCE, "a", "b")
    names = archive_of(cache, image, without=(image.layers[0].digest,)).getnames()

    assert f"blobs/{image.layers[0].digest.replace(':', '/')}" not in names
    assert f"blobs/{image.layers[1].digest.replace(':', '/')}" in names


def test_the_size_of_an_image_is_that_of_its_layers(cache: Cache) -> None:
    image = small_image(cache, REFERENCE, "a", "b")

    assert image.size == sum(layer.size for layer in image.layers) > 0


def test_an_image_is_found_again_by_its_reference_and_digest(cache: Cache) -> None:
    image = small_image(cache, REFERENCE, "a", "b")

    assert oci.find(Blobs(cache), REFERENCE, image.digest) == image


def test_an_image_that_lost_a_blob_is_not_found(cache: Cache) -> None:
    image, blobs = small_image(cache, REFERENCE, "a", "b"), Blobs(cache)
    blobs.path(image.layers[0]).unlink()

    assert oci.find(blobs, REFERENCE, image.digest) is None
    assert oci.find(blobs, REFERENCE, "sha256:" + "0" * 64) is None
