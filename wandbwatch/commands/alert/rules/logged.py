"""Console lines that a regular expression finds, in a bounded time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from wandbwatch.commands.alert.rules.facts import Moment, Needs, Window
from wandbwatch.model.run_details import Printed

_LONGEST = 2000
"""So many characters of a line are looked at."""
_SECONDS = 1.0
"""An expression that takes longer for all lines of a run finds nothing more."""


@dataclass(frozen=True)
class LogMatch:
    """A line matches: ever since, or one in the window."""

    pattern: str
    ignore_case: bool
    window: Window

    @property
    def needs(self) -> Needs:
        return Needs(console=True)

    def holds(self, moment: Moment) -> bool | None:
        for _ in self.found(moment):
            return True
        # A line that was found before may be above what is known of the console.
        return False if moment.facts.all_printed or self.window.seconds else None

    def found(self, moment: Moment) -> Iterator[Printed]:
        """Yield the lines that match, the newest first.

        One without a time may be of any time.
        """
        import regex  # noqa: PLC0415 -- needed where lines are looked at, seldom

        flags = regex.IGNORECASE if self.ignore_case else 0
        try:
            compiled = regex.compile(self.pattern, flags)
        except regex.error:  # it is one of re's own
            return
        start = moment.now - self.window.seconds if self.window.seconds else 0.0
        until = time.monotonic() + _SECONDS
        for line in reversed(moment.facts.printed):
            when = line.when.timestamp() if line.when else moment.now
            if not start <= when <= moment.now:
                continue
            left = max(until - time.monotonic(), 0.001)
            try:
                if compiled.search(line.text[:_LONGEST], timeout=left):
                    yield line
            except TimeoutError:
                return


def checked(pattern: str) -> str:
    """Return *pattern*; ValueError says what is wrong with it."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as e:
        raise ValueError(str(e)) from e
    return pattern
