"""Pictures in terminals that show them: kitty's way, iTerm2's, or sixels."""

from __future__ import annotations

import base64
import fcntl
import functools
import itertools
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Picture: TypeAlias = Callable[[str, int], str]
"""Writes the picture in a file for a terminal of so many columns; "" if it can't."""

_PATIENCE = 0.3
"""Seconds that a terminal has to say what it can."""
_WIDEST = 100
"""Columns of a picture at most."""
_CHUNK = 4096
_CELL = 10
"""Pixels of a column where the terminal does not say it."""
_COLOURS = 64
_SHOWN = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_DEVICE = re.compile(r"\x1b\[\?([\d;]+)c")


class Pictures:
    """Shows pictures in the terminal that *environ* says, which is asked what it can
    when the first one comes."""

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
    """Return the way to show pictures in this terminal, None where there is none.

    ``WANDBWATCH_PICTURES`` is ``kitty``, ``iterm2``, ``sixel`` or ``none``; without
    it the terminal's own variables say it, or its answer to what it can.
    """
    way = environ.get("WANDBWATCH_PICTURES") or named(environ)
    if not way and environ.get("TERM", "dumb") not in ("dumb", "linux"):
        way = "sixel" if _says_sixel() else ""
    found = {"kitty": _kitty, "iterm2": _iterm2, "sixel": _sixel}.get(way)
    return None if found is None else functools.partial(_shown, found)


def named(environ: Mapping[str, str]) -> str:
    """Return the way that the terminal's variables say, "" for none."""
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
        return way(path, min(columns, _WIDEST))
    except (OSError, ValueError):  # no picture after all
        return ""


def _kitty(path: Path, columns: int) -> str:
    """See https://sw.kovidgoyal.net/kitty/graphics-protocol: PNG in chunks."""
    packed = base64.b64encode(_png(path)).decode()
    parts = [packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK)]
    head = f"a=T,f=100,q=2,c={columns},"
    return "".join(
        f"\x1b_G{'' if at else head}m={int(at + 1 < len(parts))};{part}\x1b\\"
        for at, part in enumerate(parts)
    )


def _png(path: Path) -> bytes:
    if path.suffix.lower() == ".png":
        return path.read_bytes()
    import io  # noqa: PLC0415 -- seldom needed

    from PIL import Image  # noqa: PLC0415 -- slow to load

    written = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGBA").save(written, "PNG")
    return written.getvalue()


def _iterm2(path: Path, columns: int) -> str:
    """See https://iterm2.com/documentation-images.html."""
    content = path.read_bytes()
    packed = base64.b64encode(content).decode()
    return f"\x1b]1337;File=inline=1;size={len(content)};width={columns}:{packed}\x07"


def _sixel(path: Path, columns: int) -> str:
    """Draw six rows at a time, a layer for each colour (DEC's VT340 manual)."""
    import numpy as np  # noqa: PLC0415 -- slow to load
    from PIL import Image  # noqa: PLC0415 -- the same

    with Image.open(path) as image:
        whole = image.convert("RGB")
    width = min(columns * _cell_width(), whole.width)
    height = max(round(whole.height * width / whole.width), 1)
    small = whole.resize((width, height)).quantize(_COLOURS)
    palette = small.getpalette() or []
    pixels = np.asarray(small)
    colours = "".join(
        f"#{i};2;{';'.join(str(round(c / 2.55)) for c in palette[3 * i : 3 * i + 3])}"
        for i in np.unique(pixels).tolist()
    )
    bands = (pixels[y : y + 6] for y in range(0, height, 6))
    drawn = "-".join("$".join(_layers(band)) for band in bands)
    return f'\x1bPq"1;1;{width};{height}{colours}{drawn}\x1b\\'


def _layers(band: NDArray[np.uint8]) -> Iterator[str]:
    """Draw up to six rows of palette indices, a layer for each colour in them."""
    import numpy as np  # noqa: PLC0415 -- slow to load

    weights = 1 << np.arange(len(band))
    for colour in np.unique(band):
        bits = weights @ (band == colour)
        runs = (
            (bit, len(list(same))) for bit, same in itertools.groupby(bits.tolist())
        )
        yield f"#{colour}" + "".join(_run(chr(63 + bit), n) for bit, n in runs)


def _run(sign: str, count: int) -> str:
    return f"!{count}{sign}" if count > 3 else sign * count  # noqa: PLR2004 -- shorter


def _cell_width() -> int:
    try:
        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
    except (OSError, ValueError):
        return _CELL
    _, columns, pixels, _ = struct.unpack("HHHH", size)
    return pixels // columns if columns and pixels >= columns else _CELL


def _says_sixel() -> bool:
    """Ask the terminal what it is; one that knows sixels says 4."""
    found = _DEVICE.search(_answer("\x1b[c"))
    return bool(found) and "4" in found[1].split(";")[1:] if found else False


def _answer(question: str) -> str:
    """Return what the terminal says to *question*, if it says it soon."""
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
