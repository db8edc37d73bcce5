"""The files of a report: saved in a directory, or shown as pictures in a terminal."""

from __future__ import annotations

import base64
import fcntl
import functools
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from wandbwatch.formatting import filenames
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.report import Report
from wandbwatch.plots import as_png, pixels_wide, sixels


def save(report: Report, directory: Path) -> Report:
    """Save the files of *report* in *directory*; a file that can't be fetched says why.

    Files that are only listed are saved if the report itself needs a directory. Raises
    WandbwatchError when the directory can't be made or written to.
    """
    names = filenames.Names()
    blocks = (
        _kept(block, directory, names)
        if isinstance(block, Attachment) and (report.out or not block.named)
        else block
        for block in report.blocks
    )
    return replace(report, blocks=tuple(blocks))


def _kept(attachment: Attachment, place: Path, names: filenames.Names) -> Attachment:
    pieces = tuple(_piece(piece, place, names) for piece in attachment.pieces)
    return replace(attachment, pieces=pieces)


def _piece(piece: Piece, place: Path, names: filenames.Names) -> Piece:
    name = names.take(filenames.safe(piece.name))
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for part in piece.content():
            size += len(part)
            yield part

    try:
        path = filenames.write(place, name, counted())
    except SourceError as e:
        return replace(piece, trouble=str(e))
    return replace(piece, file=str(path), size=size)


Picture: TypeAlias = Callable[[str, int], str]
"""Writes the picture in a file for a terminal of so many columns; "" if it can't."""

_PATIENCE = 0.3
"""Seconds that a terminal has to say what it can."""
_WIDEST = 100
"""Columns of a picture at most."""
_NARROWEST = 24
"""Columns that a small picture is enlarged to."""
_CHUNK = 4096
_CELL = 10
"""Pixels of a column where the terminal does not say it."""
_SHOWN = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_DEVICE = re.compile(r"\x1b\[\?([\d;]+)c")


class TerminalPictures:
    """Shows pictures in the terminal that *environ* describes; asks it for its
    protocol at the first picture."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @functools.cached_property
    def _way(self) -> Picture | None:
        return picture(self._environ)

    def __bool__(self) -> bool:
        return self._way is not None

    def __call__(self, file: str, columns: int) -> str:
        return self._way(file, columns) if self._way else ""


def picture(environ: Mapping[str, str]) -> Picture | None:
    """Return this terminal's function to show pictures; None if it has none.

    ``WANDBWATCH_PICTURES`` is ``kitty``, ``iterm2``, ``sixel`` or ``none``; without
    it the terminal's own variables decide, or its answer to a query.
    """
    way = environ.get("WANDBWATCH_PICTURES") or named(environ)
    if not way and environ.get("TERM", "dumb") not in ("dumb", "linux"):
        way = "sixel" if _says_sixel() else ""
    found = {"kitty": _kitty, "iterm2": _iterm2, "sixel": _sixel}.get(way)
    return None if found is None else functools.partial(_shown, found)


def named(environ: Mapping[str, str]) -> str:
    """Return the protocol that the terminal's variables name; "" for none."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux")):
        return ""
    if term in ("xterm-kitty", "xterm-ghostty") or environ.get("KITTY_WINDOW_ID"):
        return "kitty"
    mine = program in ("iTerm.app", "WezTerm")
    return "iterm2" if mine or environ.get("LC_TERMINAL") == "iTerm2" else ""


def _shown(way: Callable[[Path, int], str], file: str, columns: int) -> str:
    path = Path(file)
    if path.suffix.lower() not in _SHOWN:
        return ""
    try:
        natural = max(pixels_wide(path) // _cell_width(), _NARROWEST)
        return way(path, min(columns, _WIDEST, natural))
    except (OSError, ValueError):  # not a picture
        return ""


def _kitty(path: Path, columns: int) -> str:
    """See https://sw.kovidgoyal.net/kitty/graphics-protocol: PNG in chunks."""
    packed = base64.b64encode(as_png(path)).decode()
    parts = [packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK)]
    head = f"a=T,f=100,q=2,c={columns},"
    return "".join(
        f"\x1b_G{'' if at else head}m={int(at + 1 < len(parts))};{part}\x1b\\"
        for at, part in enumerate(parts)
    )


def _iterm2(path: Path, columns: int) -> str:
    """See https://iterm2.com/documentation-images.html."""
    content = path.read_bytes()
    packed = base64.b64encode(content).decode()
    return f"\x1b]1337;File=inline=1;size={len(content)};width={columns}:{packed}\x07"


def _sixel(path: Path, columns: int) -> str:
    return sixels(path, columns * _cell_width())


def _cell_width() -> int:
    try:
        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
    except (OSError, ValueError):
        return _CELL
    _, columns, pixels, _ = struct.unpack("HHHH", size)
    return pixels // columns if columns and pixels >= columns else _CELL


def _says_sixel() -> bool:
    """Query the terminal's attributes; 4 means that it supports sixels."""
    found = _DEVICE.search(_answer("\x1b[c"))
    return bool(found) and "4" in found[1].split(";")[1:] if found else False


def _answer(question: str) -> str:
    """Return the terminal's answer to *question*, if it comes soon."""
    try:
        keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
        before = termios.tcgetattr(keys)
    except (AttributeError, OSError, ValueError, termios.error):
        return ""
    if not os.isatty(screen):
        return ""
    said = ""
    until = time.monotonic() + _PATIENCE
    tty.setcbreak(keys, termios.TCSANOW)
    try:
        os.write(screen, question.encode())
        while not _DEVICE.search(said) and (left := until - time.monotonic()) > 0:
            if select.select([keys], [], [], left)[0]:
                said += os.read(keys, 64).decode(errors="ignore")
    finally:
        termios.tcsetattr(keys, termios.TCSANOW, before)
    return said
