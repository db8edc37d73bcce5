"""One line answered again and again: on a screen in its place, else in turn."""

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
        """Word *reports* for a terminal, with plots of so many *rows*, and the
        *chosen* row of the table of runs marked."""
        ...


class Answers:
    """The last answer that there was, and what went wrong since."""

    def __init__(self, ask: Callable[[], Iterator[Report]], explain: Explain) -> None:
        self._ask = ask
        self._explain = explain
        self.reports: Sequence[Report] = ()
        self.complaints: Sequence[str] = ()
        self.at: datetime | None = None

    def ask(self) -> None:
        """Ask once more. What fails leaves the last answer standing.

        Raises UsageError: the same words are as wrong the next time. So is a project
        that was never there.
        """
        reports: list[Report] = []
        self.complaints = ()
        try:
            reports.extend(self._ask())
        except UsageError:
            raise
        except Exception as e:  # it is told, and asked again
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
    """Show what *ask* says until somebody wants to go; then yield it a last time.

    *draw* words reports for the window as it is then. With a *browser*, a table of
    runs is one to choose from.
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
    """Draw plots only as high as the window has room for."""
    plots = any(isinstance(b, Plot | Chart) for one in reports for b in one.blocks)
    text = ""
    for rows in _ROWS if plots else _ROWS[:1]:
        text = "\n".join((head, "", *draw(reports, rows)))
        if text.count("\n") < height:
            break
    return text


def _quits(screen: LiveScreen, drawn: Callable[[int], str], seconds: float) -> bool:
    """Keep it drawn until it is time to ask again, or somebody wants to go."""
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
    """Let *show* print an answer, and yield what went wrong in it, until a *final*
    error or one of usage, which are raised."""
    shown = False
    while True:
        complaints: Sequence[str] = ()
        try:
            show()
            shown = True
        except (UsageError, final):
            raise
        except Exception as e:  # it is told, and asked again
            if not shown and _is_not_there(e):
                raise
            complaints = explain(e)
        yield complaints
        time.sleep(every.total_seconds())
