"""Files: what each is, how large, and where it was kept."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.ports import Screen
from wandbwatch.renderers.terminal.styles import HEADING, PLAIN, QUIET, linked
from wandbwatch.renderers.terminal.wrapping import folded

_INDENT = 2


def shown(attachment: Attachment, screen: Screen) -> Iterator[RenderableType]:
    about = " · ".join(part for part in (attachment.kind, attachment.about) if part)
    yield Text(folded(formatting.clean(attachment.title), screen.width), HEADING)
    yield Text(folded(formatting.clean(about), screen.width), QUIET)
    for piece in attachment.pieces:
        text = folded(_told(piece), screen.width - _INDENT)
        style = PLAIN if piece.file or not piece.url else linked(piece.url)
        yield Padding(Text(text, style), (0, 0, 0, _INDENT))


def _told(piece: Piece) -> str:
    size = "" if piece.size is None else formatting.size(piece.size)
    where = piece.file or piece.trouble or piece.url or piece.path
    parts = (formatting.clean(piece.caption), size, formatting.clean(where))
    return " · ".join(part for part in parts if part)
