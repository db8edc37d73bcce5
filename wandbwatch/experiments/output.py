"""What experiments print, read as it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from wandbwatch.formatting import clean, shown
from wandbwatch.model.experiment import Experiment

_PIECE = 1 << 20


class Output:
    """Whole lines of some experiments' logs, each told once."""

    def __init__(self, *, several: bool) -> None:
        """*several*: lines begin with the id of the experiment that printed them."""
        self._several = several
        self._read: dict[int, int] = {}
        self._begun: dict[int, bytes] = {}

    def fresh(self, experiments: Sequence[Experiment]) -> Iterator[str]:
        """Yield the lines that have come to their end since."""
        for one in experiments:
            while piece := self._piece(one):
                *lines, rest = (self._begun.pop(one.id, b"") + piece).split(b"\n")
                self._begun[one.id] = rest
                for line in lines:
                    yield self._worded(one, line)

    def rest(self, experiments: Sequence[Experiment]) -> Iterator[str]:
        """Yield what is left when they are over: lines without an end as well."""
        yield from self.fresh(experiments)
        for one in experiments:
            if line := self._begun.pop(one.id, b""):
                yield self._worded(one, line)

    def _piece(self, one: Experiment) -> bytes:
        if not one.log:
            return b""
        try:
            with Path(one.log).open("rb") as file:
                file.seek(self._read.get(one.id, 0))
                piece = file.read(_PIECE)
        except OSError:
            return b""
        self._read[one.id] = self._read.get(one.id, 0) + len(piece)
        return piece

    def _worded(self, one: Experiment, line: bytes) -> str:
        text = clean(shown(line.decode(errors="replace").rstrip("\r")))
        return f"[{one.id}] {text}" if self._several else text


def tail(log: str, count: int) -> Sequence[str]:
    """Return the last *count* lines of a log, 0: all; of a huge one no more is read."""
    try:
        with Path(log).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _PIECE) if count else 0)
            content = file.read(_PIECE if count else size)
    except OSError:
        return ()
    lines = content.decode(errors="replace").rstrip("\n").split("\n")
    return tuple(shown(line) for line in lines[-count:]) if content else ()
