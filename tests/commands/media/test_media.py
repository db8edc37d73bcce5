"""What a run logged beside numbers, as an answer."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from wandbwatch.cli import grammar, main
from wandbwatch.cli.attachments import save
from wandbwatch.model.errors import UsageError
from wandbwatch.model.media import Album, Attachment, Medium, RunFile
from wandbwatch.model.report import Chart, Note, Plot, Report, Table, Text
from wandbwatch.model.run import Json, Run, State
from wandbwatch.renderers.discord import render

from tests.fakes import FakeSource, fake_env
from tests.renderers.discord.reading import complaints
from tests.renderers.strategies import content
from tests.runs.media import CAPTION
from tests.runs.media_fixtures import MediaRun

RUN = Run("a1", "owl", State.RUNNING, url="https://wandb.ai/acme/gpt/runs/a1")


def answer(album: Album, files: tuple[RunFile, ...] = (), words: str = "") -> Report:
    env = fake_env(FakeSource([RUN], album=album, files=files))
    (report,) = grammar.parse(f"media acme/gpt/a1 {words}", env).reports
    return report


def notes(report: Report) -> list[str]:
    return [block.text for block in report.blocks if isinstance(block, Note)]


def image(key: str, path: str = "media/a.png", **more: Any) -> Medium:
    return Medium(key, "image-file", {"path": path, **more})


@pytest.fixture(params=["cloud", "local"])
def real(request, media_run: MediaRun) -> Report:
    env = fake_env(media_run.source(request.param))
    (report,) = grammar.parse("media acme/gpt/media", env).reports
    return report


def test_all_media_of_a_real_run(real: Report):
    kinds = {b.title: b.kind for b in real.blocks if isinstance(b, Attachment)}
    assert kinds == {
        "clip": "video",
        "cloud": "3D object",
        "drug": "molecule",
        "eval/masked": "image",
        "eval/replay": "video",
        "eval/sample": "image",
        "many samples": "images",
        "page": "HTML page",
        "plot": "image",
        "sound": "audio",
    }
    assert {b.title for b in real.blocks if isinstance(b, Chart)} == {
        "A bar",
        "A scatter",
        "A histogram",
        "A figure",
    }
    assert {b.key for b in real.blocks if isinstance(b, Plot)} == {"A line", "Two"}
    titles = {b.title: len(b.rows) for b in real.blocks if isinstance(b, Table)}
    assert titles == {"predictions": 10, "Confusion Matrix Curve": 2}
    (page,) = (b.text for b in real.blocks if isinstance(b, Text))
    assert page == "t\nHello & bye"
    assert notes(real)[-1] == "histograms: grads; `wandbwatch image` draws them"


def test_what_is_said_of_real_ones(real: Report):
    found = {b.title: b for b in real.blocks if isinstance(b, Attachment)}
    assert found["eval/masked"].about == "masks truth · boxes guess"
    assert [p.caption for p in found["many samples"].pieces] == [
        f"sample {i}" for i in range(5)
    ]
    (sample,) = found["eval/sample"].pieces
    assert sample.caption == f"{CAPTION} 2"
    assert sample.size == len(b"".join(sample.content()))
    assert [b.title for b in found.values() if b.named] == ["cloud", "drug", "page"]


def test_real_ones_are_posted_within_the_limits(real: Report):
    messages = render([real])
    assert [complaints(message) for message in messages] == [[]] * len(messages)
    names = {file.name for message in messages for file in message.files}
    assert {"clip.mp4", "sound.wav", "eval_replay.gif", "many_samples.png"} <= names


def test_everything_is_kept_in_a_directory(media_run, tmp_path):
    out = tmp_path / "out"
    env = fake_env(media_run.source("local"))
    line = f"media ./x --step all --out '{out}'"
    (report,) = grammar.parse(line, env).reports
    report = save(report, out)
    names = {path.name for path in out.iterdir()}
    assert {
        "clip_2.mp4",
        "cloud_2.json",
        "page_2.html",
        "many_samples_0_5.png",
    } <= names
    assert {"eval_replay_0.gif", "eval_replay_1.gif", "eval_replay_2.gif"} <= names
    rows = list(csv.reader(io.StringIO((out / "predictions_2.csv").read_text())))
    assert len(rows) == 31
    assert rows[0] == ["n", "text", "share"]
    assert rows[2] == ["1", "row 1", "0.25"]


def test_a_terminal_and_a_script(media_run, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run = str(media_run.directory)
    assert main.answer(["media", run, "--keys", "eval/replay"]) == 0
    kept = tmp_path / "wandbwatch" / "images"
    assert "wandbwatch/images/eval_replay.gif" in capsys.readouterr().out
    assert (kept / "eval_replay.gif").exists()
    assert main.answer(["media", run, "--keys", "clip,predictions", "-o", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["reports"]
    (clip,) = (b for b in told["blocks"] if b["type"] == "attachment")
    assert clip["files"][0]["size"] == 3012
    assert not (kept / "clip.mp4").exists()


def test_only_the_asked_keys_and_what_was_meant():
    album = Album((image("eval/sample"),), keys=("eval/sample",))
    report = answer(album, words="--keys eval/sampel,eval")
    assert len(report.blocks) == 2
    assert notes(report) == ["no media of 'eval/sampel'; did you mean 'eval/sample'?"]


@pytest.mark.parametrize("kind", ["cloud", "local"])
def test_a_chart_is_found_by_its_own_key(kind, media_run: MediaRun):
    env = fake_env(media_run.source(kind))
    line = "media acme/gpt/media --keys charts/line,charts/confusion"
    (report,) = grammar.parse(line, env).reports
    titles = [
        b.title if isinstance(b, Table) else b.key
        for b in report.blocks
        if isinstance(b, Plot | Table)
    ]
    assert titles == ["Confusion Matrix Curve", "A line"]
    assert notes(report) == []


def test_a_confusion_matrix_is_a_picture_in_discord(media_run: MediaRun):
    env = fake_env(media_run.source("local"))
    reports = grammar.parse("media acme/gpt/media --keys charts/confusion", env).reports
    (message,) = render(reports)
    (file,) = message.files
    assert file.content.startswith(b"\x89PNG")
    assert "2 classes: 66.7% predicted right" in message.body


def test_a_run_without_media():
    assert notes(answer(Album(()))) == ["the run has logged no media yet"]
    at = answer(Album((), keys=("a",)), words="--step 3")
    assert notes(at) == ["the run has logged no media at this step"]


@pytest.mark.parametrize("word", ["first", "-1", "1.5", ""])
def test_what_is_no_step(word):
    with pytest.raises(UsageError, match="last, all or a number"):
        answer(Album(()), words=f"--step '{word}'")


def test_unknown_kinds_are_named():
    album = Album((Medium("a", "hologram-file", {"path": "media/x.holo"}), WEIRD))
    files = (RunFile("media/x.holo", 5, content(b"12345")),)
    report = answer(album, files)
    (named,) = (b for b in report.blocks if isinstance(b, Attachment))
    assert (named.kind, named.named, named.pieces[0].size) == ("hologram-file", True, 5)
    assert named.pieces[0].url == f"{RUN.url}/files/media/x.holo"
    assert notes(report) == ["b is a wormhole, which is not shown"]


WEIRD = Medium("b", "wormhole", {"x": 1})


def test_a_file_that_is_missing_and_one_that_is_damaged():
    table = Medium("t", "table-file", {"path": "t.json"})
    gone = answer(Album((image("a"), table)))
    assert "t: its file is missing" in notes(gone)
    broken = answer(Album((table,)), (RunFile("t.json", 1, content(b"[")),))
    assert notes(broken) == ["t: its file is damaged"]
    away = answer(Album((table,)), (RunFile("t.json", 1, content(b"", "away")),))
    assert notes(away) == ["t: away"]


def test_hostile_paths_and_captions(tmp_path):
    paths = ["../../x.png", "/etc/passwd", "a\0.png", "A.png", "a.png", "con"]
    value: dict[str, Json] = {
        "filenames": paths,
        "captions": ["\x1b[2J", 3, "@everyone"],
        "count": 6,
    }
    album = Album((Medium("../\x1b[31mkey", "images/separated", value),))
    files = tuple(RunFile(path, 4, content(b"\x89PNG")) for path in paths)
    report = save(answer(album, files, f"--out '{tmp_path}/out'"), tmp_path / "out")
    assert {path.parent for path in tmp_path.rglob("*.*")} == {tmp_path / "out"}
    assert len(list((tmp_path / "out").iterdir())) == 6
    (attachment,) = (b for b in report.blocks if isinstance(b, Attachment))
    assert [p.caption for p in attachment.pieces] == [
        "\x1b[2J",
        "",
        "@everyone",
        *[""] * 3,
    ]
    assert complaints(*render([report])) == []
