"""Why runs failed: their last console output or exit code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Printed

LINES = 40
"""How many of the last console lines are searched."""
_LONGEST = 300
_ERROR = re.compile(
    r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Failure|Timeout)"
    r"(?::.*)?"
)
_SIGNAL = re.compile(r"(?:Killed|Segmentation fault|Terminated|Aborted)\b.*")
_NUMBERS = re.compile(r"\d+(?:[.,:]\d+)*|\b0x[0-9a-f]+")


@dataclass(frozen=True)
class Failure:
    """Runs that failed for one reason."""

    reason: str
    runs: tuple[Run, ...]


def failures(
    runs: Sequence[Run], consoles: Mapping[str, Sequence[Printed]]
) -> tuple[Failure, ...]:
    """Put *runs* together by their reasons, the commonest first.

    Numbers in them do not part them: so much memory here, so much there.
    """
    found: dict[str, tuple[str, list[Run]]] = {}
    for run in runs:
        why = reason(run, consoles.get(run.id, ()))
        found.setdefault(_NUMBERS.sub("0", why), (why, []))[1].append(run)
    kinds = [Failure(why, tuple(those)) for why, those in found.values()]
    return tuple(sorted(kinds, key=lambda failure: -len(failure.runs)))


def reason(run: Run, console: Iterable[Printed]) -> str:
    """Say why *run* failed: the error it printed last, else how it ended."""
    lines = [line.text.strip() for line in console if line.text.strip()]
    for line in reversed(lines):
        if _ERROR.fullmatch(line) or _SIGNAL.fullmatch(line):
            return _short(line)
    last = f": {_short(lines[-1])}" if lines else ""
    return f"{_ending(run)}{last}"


def _ending(run: Run) -> str:
    if run.state is State.CRASHED:
        return "crashed: no heartbeat"
    if run.state is State.KILLED:
        return "killed"
    return "failed" if run.exit_code is None else f"exit code {run.exit_code}"


def _short(line: str) -> str:
    clean = formatting.clean(line)
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"
