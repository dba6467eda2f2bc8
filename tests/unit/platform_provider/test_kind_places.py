"""What is kept of a cluster while it lives."""

from __future__ import annotations

from pathlib import Path

from machine.cache import Cache
from providers.platform.kind.places import ClusterPlaces, Finished, digest_of


def test_a_cluster_that_was_never_whole_has_no_mark(tmp_path: Path) -> None:
    assert ClusterPlaces(Cache(tmp_path), "a").finished() is None


def test_the_mark_tells_what_was_made_and_goes_with_the_cluster(tmp_path: Path) -> None:
    places = ClusterPlaces(Cache(tmp_path), "a")
    finished = Finished("d1", 36443, None)
    places.finish(finished)
    assert places.finished() == finished
    places.unfinish()
    assert places.finished() is None
    places.remove()
    assert not (tmp_path / "clusters" / "a").exists()


def test_only_what_needs_a_new_cluster_counts_for_its_identity() -> None:
    inputs = {"name": "a", "nodes": [], "imageStore": "k1"}
    assert digest_of(inputs) == digest_of({**inputs, "imageStore": "k2"})
    assert digest_of(inputs) == digest_of({**inputs, "loadedImages": {"a.b/c:1": "sha256:0"}})
    assert digest_of(inputs) != digest_of({**inputs, "nodes": [{}]})
