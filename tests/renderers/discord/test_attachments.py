"""Files in Discord: shown, played, or named with the reason, each within its limit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from wandbwatch import plots as figure
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.report import Note, Report
from wandbwatch.renderers.discord import render
from wandbwatch.renderers.discord.attachments import Thumbnails

from tests.plots.test_tiles import moving
from tests.renderers.discord.pictures import PNG, png
from tests.renderers.discord.reading import complaints
from tests.renderers.strategies import content

LARGE = 11 << 20
PAGE = "https://wandb.ai/acme/gpt/runs/a1/files/media"


def piece(mime: str, data: bytes = PNG, **more: Any) -> Piece:
    return Piece("x", "media/x", content(data), len(data), mime, **more)


def posted(*pieces: Piece, studio: Thumbnails | None = None, **more: Any):
    """Return the one embed, the names of the message's files, and their content."""
    attachment = Attachment("eval/replay", "video", pieces, **more)
    report = Report("media", "run", (attachment, Note("a note")))
    (message,) = render([report], png, studio)
    assert complaints(message) == []
    (embed,) = json.loads(message.body)["embeds"]
    return embed, {file.name: file.content for file in message.files}


def test_a_single_picture_is_embedded_unchanged():
    embed, files = posted(piece("image/gif", b"GIF89a", caption="episode *1*"))
    assert embed["image"]["url"] == "attachment://eval_replay.gif"
    assert files == {"eval_replay.gif": b"GIF89a"}
    assert "episode \\*1\\*" in embed["description"]
    assert embed["footer"]["text"] == "a note"


def test_equal_files_without_a_caption_are_counted():
    embed, _ = posted(*[piece("image/png")] * 3, piece("image/png", caption="cat"))
    assert embed["description"].splitlines()[1:] == ["3 × 8 B", "cat · 8 B"]


def test_half_a_character_is_not_posted():
    broken = Attachment("a\ud800", "b\ud800", (piece("image/png", caption=""),))
    (message,) = render([Report("media", "c\ud800", (broken,))], png)
    assert message.body.encode()


def test_several_pictures_become_one_gallery():
    seen: list[Any] = []

    def gallery(given: Any) -> bytes:
        seen.extend(given)
        return PNG

    studio = Thumbnails(gallery, figure.still, figure.seen)
    one, two = (piece("image/jpeg", b"1", caption="a"), piece("image/png", b"2"))
    _, files = posted(one, two, studio=studio)
    assert list(files) == ["eval_replay.png"]
    assert seen == [(b"1", "a"), (b"2", "")]


@pytest.mark.parametrize(
    ("mime", "name"), [("video/mp4", "replay.mp4"), ("audio/wav", "replay.wav")]
)
def test_video_and_audio_are_attached_beside_the_embed(mime, name):
    embed, files = posted(piece(mime, b"data", url=PAGE))
    assert files == {f"eval_{name}": b"data"}
    assert "image" not in embed
    assert f"[open ↗]({PAGE})" in embed["description"]


def test_a_large_gif_shows_its_first_frame_and_a_link():
    gif = moving("red", "blue") + bytes(LARGE)
    embed, files = posted(piece("image/gif", gif, url=PAGE))
    assert files == {"eval_replay.png": figure.still(gif)}
    assert "first frame; 11.5 MB is too large" in embed["footer"]["text"]
    assert PAGE in embed["description"]


def test_a_large_video_is_not_fetched_and_has_no_frame():
    def never() -> Iterator[bytes]:
        raise AssertionError

    large = Piece("x.mp4", "x", never, LARGE, "video/mp4", url=PAGE)
    embed, files = posted(large)
    assert not files
    assert "no decoder for its first frame" in embed["footer"]["text"]


def test_a_file_larger_than_it_said_is_not_posted():
    liar = Piece("x.mp4", "x", content(bytes(LARGE)), 5, "video/mp4")
    embed, files = posted(liar)
    assert not files
    assert "too large for Discord" in embed["footer"]["text"]


def test_a_file_that_can_not_be_fetched_says_why():
    gone = Piece("x.png", "x", content(b"", "the server is away"), 5, "image/png")
    embed, files = posted(gone)
    assert not files
    assert "the server is away" in embed["footer"]["text"]


def test_a_file_that_is_only_named_is_not_fetched():
    _, files = posted(piece("image/png"), named=True)
    assert not files


def test_one_job_attaches_files_up_to_its_budget():
    one = Attachment("v", "video", (piece("video/mp4", bytes(9 << 20)),))
    messages = render([Report("media", "run", (one,) * 9)], png)
    size = sum(len(file.content) for message in messages for file in message.files)
    assert size <= 41 << 20
    assert [complaints(message) for message in messages] == [[]] * len(messages)
    assert "not attached" in messages[-1].body
