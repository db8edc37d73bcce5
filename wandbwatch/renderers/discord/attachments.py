"""Files of a message: their description, previews and uploads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from wandbwatch import formatting as words
from wandbwatch.formatting.filenames import plain, suffix_of
from wandbwatch.formatting.text import cut_end
from wandbwatch.model.delivery import MessageFile
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.renderers.discord import limits, markdown
from wandbwatch.renderers.discord.embed import Picture
from wandbwatch.renderers.discord.passages import Passage

_BETWEEN = " · "
_EMBEDDED = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_PLAYED = ("video/", "audio/")
_FETCHED = 64 << 20
"""Bytes of a picture too large to post that are fetched to show its first frame."""
_MOST_LOOSE = 4
GALLERY = 16
"""More previews would be too small on a phone."""
_BUDGET = 32 << 20
"""Bytes of files that one job may post; they wait in the outbox."""
_ENOUGH = "not attached: too many files"


@dataclass(frozen=True)
class Thumbnails:
    """Functions that draw files; each raises ValueError for an unreadable one."""

    gallery: Callable[[Sequence[tuple[bytes, str]]], bytes]
    still: Callable[[bytes], bytes]
    seen: Callable[[bytes], bytes]
    """Enlarges tiny pictures; never raises."""


@dataclass(frozen=True)
class AttachmentView:
    """A picture in an embed, files beside it, and notes on the rest."""

    picture: Picture | None = None
    loose: tuple[Picture, ...] = ()
    notes: str = ""


def legend(attachment: Attachment) -> Passage:
    """Describe each file and link to it."""
    title = markdown.named(attachment.title)
    full = markdown.lines(title) if len(markdown.text(title)) > limits.TITLE else ()
    about = _BETWEEN.join(filter(None, (attachment.kind, attachment.about)))
    lines = _lines(attachment.pieces)
    return Passage((*full, *markdown.lines(about, start=markdown.SMALL), *lines))


def _lines(pieces: Sequence[Piece]) -> Iterator[str]:
    """Describe *pieces*; equal ones without a caption are counted."""
    described = ((tuple(_line(piece)), piece.caption.strip()) for piece in pieces)
    for (lines, caption), same in groupby(described):
        count = sum(1 for _ in same)
        if count > 1 and not caption:
            yield f"{count} × {lines[0]}"
        else:
            yield from lines * count


def _line(piece: Piece) -> Iterator[str]:
    size = "" if piece.size is None else words.size(piece.size)
    caption = piece.caption.strip()
    details = _BETWEEN.join(
        filter(None, (markdown.text(size), markdown.opening(piece.url)))
    )
    if len(markdown.text(caption)) > limits.LINE // 2:
        yield from markdown.lines(caption)
        yield details or words.NOTHING
    else:
        parts = (markdown.text(caption), details)
        yield _BETWEEN.join(filter(None, parts)) or words.NOTHING


def exhibit(
    attachment: Attachment,
    studio: Thumbnails,
    take: Callable[[str, bytes], MessageFile],
) -> AttachmentView:
    """Fetch what can be shown; *take* gives a file its own name."""
    if attachment.named:
        return AttachmentView()
    pictures = [p for p in attachment.pieces if p.mime.startswith("image/")]
    played = [p for p in attachment.pieces if p.mime.startswith(_PLAYED)]
    found = AttachmentView()
    if len(pictures) > 1:
        found = _together(attachment, pictures, studio, take)
    elif pictures:
        found = _alone(attachment, pictures[0], studio, take)
    loose = [_played(attachment, piece, take) for piece in played[:_MOST_LOOSE]]
    notes = [found.notes, *(one.notes for one in loose)]
    if len(played) > _MOST_LOOSE:
        notes.append(f"{len(played) - _MOST_LOOSE} more are not attached")
    return AttachmentView(
        found.picture,
        tuple(picture for one in loose for picture in one.loose),
        _BETWEEN.join(dict.fromkeys(filter(None, notes)))[: limits.NOTES],
    )


def _alone(
    attachment: Attachment,
    piece: Piece,
    studio: Thumbnails,
    take: Callable[[str, bytes], MessageFile],
) -> AttachmentView:
    """Show a picture as it is, animated if it is; else its first frame."""
    content, why = _fetched(piece, _FETCHED)
    if content is None:
        return AttachmentView(notes=why)
    text = _alternative(attachment, [piece])
    if piece.mime in _EMBEDDED and len(content) <= limits.FILE_BYTES:
        shown = studio.seen(content)
        mime = piece.mime if shown is content else "image/png"
        name = plain(attachment.title, suffix_of(mime))
        return AttachmentView(Picture(take(name, shown), text))
    try:
        drawn = studio.still(content)
    except ValueError:
        return AttachmentView(notes="cannot be shown here")
    large = len(content) > limits.FILE_BYTES
    said = f"first frame; {words.size(len(content))} is too large for Discord"
    file = take(plain(attachment.title, ".png"), drawn)
    return AttachmentView(Picture(file, text), notes=said if large else "")


def _together(
    attachment: Attachment,
    pieces: Sequence[Piece],
    studio: Thumbnails,
    take: Callable[[str, bytes], MessageFile],
) -> AttachmentView:
    several = pieces[:GALLERY]
    fetched = [(piece, *_fetched(piece, limits.FILE_BYTES)) for piece in several]
    shown = [(content, p.caption) for p, content, _ in fetched if content is not None]
    notes = dict.fromkeys(why for *_, why in fetched if why)
    if not shown:
        return AttachmentView(notes=_BETWEEN.join(notes))
    if any(piece.mime == "image/gif" for piece in several):
        notes["first frames; a single one is animated"] = None
    if len(pieces) > GALLERY:
        notes[f"the first {GALLERY} of {len(pieces)}"] = None
    file = take(plain(attachment.title, ".png"), studio.gallery(shown))
    text = _alternative(attachment, several)
    return AttachmentView(Picture(file, text), notes=_BETWEEN.join(notes))


def _played(
    attachment: Attachment, piece: Piece, take: Callable[[str, bytes], MessageFile]
) -> AttachmentView:
    content, why = _fetched(piece, limits.FILE_BYTES)
    if content is None:
        if why == _TOO_LARGE and piece.mime.startswith("video/"):
            why = f"{_TOO_LARGE}, no decoder for its first frame"
        return AttachmentView(notes=why)
    file = take(plain(attachment.title, suffix_of(piece.mime)), content)
    return AttachmentView(loose=(Picture(file, _alternative(attachment, [piece])),))


_TOO_LARGE = "too large for Discord"


def _fetched(piece: Piece, most: int) -> tuple[bytes | None, str]:
    """Return a file of at most *most* bytes, or why there is none."""
    if piece.size is not None and piece.size > most:
        return None, _TOO_LARGE
    content = bytearray()
    try:
        for part in piece.content():
            content += part
            if len(content) > most:
                return None, _TOO_LARGE
    except SourceError as e:
        return None, words.clean(str(e))
    return bytes(content), ""


def _alternative(attachment: Attachment, pieces: Sequence[Piece]) -> str:
    """Return the alt text of *pieces*."""
    captions = ", ".join(filter(None, (words.clean(p.caption) for p in pieces)))
    said = captions or words.clean(attachment.kind)
    text = f"{markdown.named(attachment.title)}: {said}"
    return cut_end(text, limits.ALT_TEXT)


class AttachmentBudget:
    """Shows files until the upload budget of one job is used up."""

    def __init__(
        self, studio: Thumbnails, take: Callable[[str, bytes], MessageFile]
    ) -> None:
        self._studio = studio
        self._take = take
        self._left = _BUDGET

    def exhibit(self, attachment: Attachment) -> AttachmentView:
        if self._left <= 0:
            return AttachmentView(notes=_ENOUGH)
        found = exhibit(attachment, self._studio, self._take)
        files = [each.file for each in (found.picture, *found.loose) if each]
        self._left -= sum(len(file.content) for file in files)
        return found
