"""Run one line repeatedly: redraw in place on a screen, else print each answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from wandbwatch import formatting
from wandbwatch.cli.screen import LiveScreen, Why
from wandbwatch.model.errors import ExitCode, UsageError
from wandbwatch.model.report import Chart, Plot, Report

if TYPE_CHECKING:
    from wandbwatch.cli.browse import Browser

Explain = Callable[[Exception], Sequence[str]]


class DrawReports(Protocol):
    def __call__(
        self, reports: Iterable[Report], rows: int = 0, chosen: int = -1, /
    ) -> Iterable[str]:
        """Render *reports* for a terminal, with plots of *rows* rows, and mark the
        *chosen* row of the table of runs."""
        ...


class Answers:
    """The last successful answer, and the error since then."""

    def __init__(self, ask: Callable[[], Iterator[Report]], explain: Explain) -> None:
        self._ask = ask
        self._explain = explain
        self.reports: Sequence[Report] = ()
        self.complaints: Sequence[str] = ()
        self.at: datetime | None = None

    def ask(self) -> None:
        """Ask again. After an error the last answer stays.

        Raises UsageError, which a retry can't fix; also for a project that never
        existed.
        """
        reports: list[Report] = []
        self.complaints = ()
        try:
            reports.extend(self._ask())
        except UsageError:
            raise
        except Exception as e:  # reported; the next look tries again
            if self.at is None and _is_not_there(e):
                raise
            self.complaints = self._explain(e)
        if reports or not self.complaints:
            self.reports = reports
            self.at = datetime.now().astimezone()


def _is_not_there(error: Exception) -> bool:
    code = getattr(error, "exit_code", None)
    return code is ExitCode.NOT_FOUND


def live(
    ask: Callable[[], Iterator[Report]],
    draw: DrawReports,
    every: timedelta,
    explain: Explain,
    browser: Callable[[Answers], Browser] | None = None,
) -> Iterator[str]:
    """Show the answers of *ask* until the user quits; then yield the last one.

    *draw* renders reports for the window's current size. With a *browser*, rows of a
    table of runs can be selected.
    """
    answers = Answers(ask, explain)
    browsing = browser(answers) if browser else None

    def drawn(height: int) -> str:
        head = heading(answers, every, "q ends")
        return fitting(head, answers.reports, draw, height)

    try:
        with LiveScreen() as screen:
            screen.show(lambda _: "asking …")
            while True:
                answers.ask()
                if browsing:
                    gone = browsing.stay(screen, every)
                else:
                    gone = _quits(screen, drawn, every.total_seconds())
                if gone:
                    break
    finally:
        if answers.reports:
            yield from draw(answers.reports)


_ROWS = (0, 14, 10, 8, 6, 5)
"""Heights of plots to try until all fits, the best first; 0 is their own."""


def fitting(
    head: str, reports: Sequence[Report], draw: DrawReports, height: int
) -> str:
    """Limit the height of plots to the room in the window."""
    plots = any(isinstance(b, Plot | Chart) for one in reports for b in one.blocks)
    text = ""
    for rows in _ROWS if plots else _ROWS[:1]:
        text = "\n".join((head, "", *draw(reports, rows)))
        if text.count("\n") < height:
            break
    return text


def _quits(screen: LiveScreen, drawn: Callable[[int], str], seconds: float) -> bool:
    """Keep it drawn until the next refresh is due, or the user quits."""
    until = time.monotonic() + seconds
    while True:
        screen.show(drawn)
        why = screen.pause(until - time.monotonic())
        if why is not Why.RESIZED:
            return why is Why.QUIT


def heading(answers: Answers, every: timedelta, keys: str) -> str:
    at = f"at {answers.at:%H:%M:%S}" if answers.at else "no data yet"
    lines = [f"{at} · every {formatting.duration(every)} · {keys}"]
    return "\n".join([*lines, *(f"! {line}" for line in answers.complaints)])


def repeated(
    show: Callable[[], None],
    every: timedelta,
    explain: Explain,
    final: type[Exception],
) -> Iterator[Sequence[str]]:
    """Call *show* to print each answer, and yield its errors. A *final* error, or a
    UsageError, is raised."""
    shown = False
    while True:
        complaints: Sequence[str] = ()
        try:
            show()
            shown = True
        except (UsageError, final):
            raise
        except Exception as e:  # reported; the next look tries again
            if not shown and _is_not_there(e):
                raise
            complaints = explain(e)
        yield complaints
        time.sleep(every.total_seconds())
