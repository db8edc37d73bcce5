"""How far what runs is, in the last line of a terminal."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TextIO

from wandbwatch.analysis.compare import chosen
from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.formatting import clean, duration, number
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.run import Run

_PACE = 20
"""Reading runs takes one part of so many of the time at most."""
_METRICS = 2
Newest = Callable[[Experiment], Run | None]
"""Returns the run that an experiment has come to, if it has begun one."""


class ProgressLine:
    """Shows where the followed ones are below what they print, on a terminal only."""

    def __init__(self, stream: TextIO, newest: Newest) -> None:
        self._stream = stream
        self._newest = newest
        self._shown = self._text = ""
        self._due = 0.0

    def clear(self) -> None:
        """Take it away before something else is printed."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = ""

    def show(self, experiments: Sequence[Experiment], now: datetime) -> None:
        """Renew it where there is something new to say."""
        if not self._stream.isatty():
            return
        began = time.monotonic()
        if began >= self._due:
            running = [one for one in experiments if one.phase is Phase.RUNNING]
            known = [(one, self._newest(one)) for one in running]
            took = time.monotonic() - began
            self._due = began + max(1.0, took * _PACE)
            width = shutil.get_terminal_size().columns - 1
            self._text = worded(experiments, known, now)[:width]
        if self._text and self._text != self._shown:
            self._stream.write(f"\r\x1b[K{self._text}")
            self._stream.flush()
            self._shown = self._text


def worded(
    experiments: Sequence[Experiment],
    running: Sequence[tuple[Experiment, Run | None]],
    now: datetime,
) -> str:
    """Say how far those are that run, and of several how many do."""
    counted = Counter(one.phase for one in experiments)
    several = len(experiments) > 1
    counts = [f"{n} {phase}" for phase in Phase if (n := counted[phase])]
    parts = [", ".join(counts)] if several else []
    for one, run in running:
        label = f"[{one.id}] " if several else ""
        parts.append(label + ", ".join(_of(one, run, now)))
    return " | ".join(parts)


def _of(one: Experiment, run: Run | None, now: datetime) -> Iterator[str]:
    if one.started:
        passed = max(now - one.started, timedelta())
        yield duration(timedelta(seconds=int(passed.total_seconds())))
    if run is None:
        yield "no run yet"
        return
    # What a run logs is in its files some seconds later.
    yield "started" if run.last_step is None else f"step {run.last_step:,}"
    keys = [Objective.read(one.plan.best).key] if one.plan.best else []
    for key in dict.fromkeys((*keys, *chosen(run, ())[:_METRICS])):
        value = finite(run.summary.get(key))
        if value is not None:
            yield f"{clean(key)} {number(value)}"
