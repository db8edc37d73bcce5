"""Run one line repeatedly: redraw in place on a screen, else print each answer."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from enum import Enum
from types import FrameType
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.errors import ExitCode, UsageError
from wandbwatch.model.report import Chart, Plot, Report

if TYPE_CHECKING:
    from wandbwatch.cli.browse import Browser


_LOOK = 0.2
"""Seconds between two looks at the window's size."""
_QUIT = frozenset("qQ\x04")
_ESCAPE = "\x1b"
"""What arrows and the like begin with; alone, it is the key that wants to go."""


class Why(Enum):
    """Why a pause ended."""

    TIME = "time"
    RESIZED = "resized"
    QUIT = "quit"
    KEYS = "keys"


class LiveScreen:
    """The terminal's alternate screen. Keys are not echoed; *q* quits."""

    typed = ""
    """The keys that ended the last pause."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._stack = ExitStack()
        self._size = self._console.size
        self._keys = _keyboard()

    def __enter__(self) -> Self:
        live = Live(
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._stack.enter_context(_ended_by(signal.SIGTERM, signal.SIGHUP))
        if self._keys is not None:
            self._stack.enter_context(_unbuffered(self._keys))
        self._live = self._stack.enter_context(live)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def show(self, draw: Callable[[int], str]) -> None:
        """Draw the given number of rows; the last counts those that do not fit."""
        self._size = self._console.size
        height = max(self._size.height, 1)
        lines = draw(height).split("\n")
        if len(lines) > height:
            left = len(lines) - height + 1
            lines = [*lines[: height - 1], f"… {left} more lines"]
        whole = Text("\n").join(map(Text.from_ansi, lines))
        whole.no_wrap, whole.overflow = True, "crop"
        self._live.update(whole, refresh=True)

    def pause(self, seconds: float, *, keys: bool = False) -> Why:
        """Wait until the time is up, the user quits, or the window changes.

        With *keys*, any key ends the pause, and none of them quits.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.typed = self._read(min(left, _LOOK))
            if self.typed and keys:
                return Why.KEYS
            if _is_quit(self.typed):
                return Why.QUIT
            if self._console.size != self._size:
                return Why.RESIZED
        return Why.TIME

    def _read(self, seconds: float) -> str:
        """Return the keys typed within *seconds*, if any."""
        if self._keys is None:
            time.sleep(seconds)
            return ""
        if not select.select([self._keys], [], [], seconds)[0]:
            return ""
        typed = os.read(self._keys, 64).decode(errors="ignore")
        if not typed:  # the terminal is gone
            self._keys = None
        return typed


def _is_quit(typed: str) -> bool:
    if typed.startswith(_ESCAPE):
        return typed == _ESCAPE
    return not _QUIT.isdisjoint(typed)


def _keyboard() -> int | None:
    try:
        file = sys.stdin.fileno()
    except (AttributeError, ValueError, io.UnsupportedOperation):
        return None
    return file if os.isatty(file) else None


@contextmanager
def _unbuffered(file: int) -> Iterator[None]:
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


@contextmanager
def _ended_by(*signals: signal.Signals) -> Iterator[None]:
    """Exit cleanly on *signals*, so that the screen is restored."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = [(one, signal.signal(one, end)) for one in signals]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


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
