"""Media and files that the real SDK logged, read back through both sources."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from wandbwatch.model.errors import NetworkError, NotFoundError, TimeOutError
from wandbwatch.model.media import Album, Steps, When

from tests.runs.media import CAPTION, HTML
from tests.runs.media_fixtures import MediaRun
from tests.servers.wandb.faults import Fault

KINDS = {
    "cloud": "object3D-file",
    "clip": "video-file",
    "drug": "molecule-file",
    "eval/masked": "image-file",
    "eval/replay": "video-file",
    "eval/sample": "image-file",
    "figure": "plotly-file",
    "grads": "histogram",
    "many samples": "images/separated",
    "page": "html-file",
    "plot": "image-file",
    "predictions": "table-file",
    "sound": "audio-file",
}
CHARTS = ("bar", "confusion", "histogram", "line", "scatter", "series")
PANELS = {
    "bar": "wandb/bar/v0",
    "confusion": "wandb/confusion_matrix/v1",
    "histogram": "wandb/histogram/v0",
    "line": "wandb/line/v0",
    "scatter": "wandb/scatter/v0",
    "series": "wandb/lineseries/v0",
}
sources = pytest.mark.parametrize("kind", ["cloud", "local"])


def comparable(album: Album) -> Album:
    return replace(album, keys=tuple(sorted(album.keys)))


def test_both_sources_tell_the_same_of_all_media(media_run: MediaRun):
    cloud, local = (media_run.source(kind) for kind in ("cloud", "local"))
    asked: list[tuple[tuple[str, ...], When]] = [
        ((), Steps.LAST),
        ((), Steps.ALL),
        (("eval/*",), 1),
    ]
    for keys, when in asked:
        one, other = (s.media("media", keys, when) for s in (cloud, local))
        assert comparable(one) == comparable(other)
    media_run.server.counts.clear()
    found = cloud.media("media", (), Steps.LAST)
    assert media_run.server.data_requests == 1
    kinds = {m.key: m.kind for m in found.media if not m.key.startswith("charts/")}
    assert kinds == KINDS
    assert set(found.charts) == {f"charts/{k}" for k in PANELS}
    for chart, panel in PANELS.items():
        assert panel in json.dumps(found.charts[f"charts/{chart}"])
    assert {m.key for m in found.media} - set(KINDS) == {
        f"charts/{chart}_table" for chart in CHARTS
    }


@sources
def test_media_of_a_step_and_of_all(media_run, kind):
    source = media_run.source(kind)
    one = source.media("media", ("eval/sample",), 1).media
    assert [(m.step, m.value["caption"]) for m in one] == [(1, f"{CAPTION} 1")]
    steps = source.media("media", ("eval/sample",), Steps.ALL).media
    assert [m.step for m in steps] == [0, 1, 2]
    assert source.media("media", ("nothing",), Steps.ALL).media == ()


@sources
def test_files_are_listed_with_their_sizes_and_fetched(media_run, kind):
    source = media_run.source(kind)
    (page,) = source.media("media", ("page",), Steps.LAST).media
    paths = ("ckpt/model 1.pt", *page.paths)
    found = {file.path: file for file in source.files("media", paths)}
    assert set(found) == set(paths)
    model = found["ckpt/model 1.pt"]
    assert model.size == 5000
    assert b"".join(model.content()) == bytes(5000)
    assert HTML[20:].encode() in b"".join(found[page.paths[0]].content())
    listed = {file.path for file in source.files("media", None)}
    assert {"ckpt/config.json", *paths} <= listed
    assert source.files("media", ("never",)) == ()


@sources
def test_a_run_that_is_missing(media_run, kind):
    source = media_run.source(kind)
    with pytest.raises(NotFoundError):
        source.files("no", None)
    with pytest.raises(NotFoundError):
        source.media("no", (), 1)


def test_a_signed_url_and_the_key_are_in_no_complaint(media_run):
    (model,) = media_run.source("cloud").files("media", ("ckpt/model 1.pt",))
    media_run.server.faults.append(Fault("reset", "download"))
    with pytest.raises(NetworkError) as told:
        b"".join(model.content())
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotFoundError), (500, NetworkError)]
)
def test_a_file_that_the_server_does_not_give(media_run, status, error):
    (model,) = media_run.source("cloud").files("media", ("ckpt/model 1.pt",))
    media_run.server.faults.append(Fault("status", "download", status=status))
    with pytest.raises(error):
        b"".join(model.content())


def test_a_download_that_drips_or_hangs_has_an_end(media_run, monkeypatch):
    monkeypatch.setenv("WANDBWATCH_TIMEOUT", "0.3")
    files = media_run.source("local").files("media", None)
    assert files
    monkeypatch.delenv("WANDBWATCH_TIMEOUT")
    (model,) = media_run.source("cloud").files("media", ("ckpt/model 1.pt",))
    monkeypatch.setenv("WANDBWATCH_TIMEOUT", "0.3")
    for fault in ("hang", "drip"):
        media_run.server.faults[:] = [Fault(fault, "download")]
        with pytest.raises((TimeOutError, NetworkError)):
            b"".join(model.content())
    media_run.server.stopping.set()


def test_a_file_larger_than_it_was_said_to_be_is_not_taken(media_run):
    run = media_run.server.store.run("acme/gpt/media")
    run.sizes["ckpt/model 1.pt"] = 10
    try:
        (model,) = media_run.source("cloud").files("media", ("ckpt/model 1.pt",))
        with pytest.raises(NetworkError, match="more data than the file has"):
            b"".join(model.content())
    finally:
        run.sizes.clear()


def test_values_are_json_all_the_way_down(media_run):
    for medium in media_run.source("local").media("media", (), Steps.ALL).media:
        json.dumps(medium.value)
