"""All errors meant for users, with their exit codes.

* WandbwatchError
  - UsageError        a command line is invalid; LinesError: several of a list
  - ConfigError       watch.toml is invalid; carries all complaints
  - SourceError       runs could not be read; its subclasses say why
  - DeliveryError     a post was refused
  - StateError        the state on disk can't be read or written

Any other uncaught exception is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes. The table in docs/terminal.md is generated from this."""

    FINE = 0
    OURS = 1
    USAGE = 2
    CONDITION = 3
    NOT_AUTHORISED = 4
    NOT_FOUND = 5
    NETWORK = 6
    CONFIG = 78
    TIME_OUT = 124
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        return _MEANING[self]


_MEANING = {
    ExitCode.FINE: "fine",
    ExitCode.OURS: "internal error: a bug, or a file or directory that cannot be used",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.CONDITION: "the condition failed: a run failed, crashed or was killed",
    ExitCode.NOT_AUTHORISED: "not authorised: no API key, or an invalid one",
    ExitCode.NOT_FOUND: "no such project, run, key, file or directory",
    ExitCode.NETWORK: "the network, the server or its rate limit",
    ExitCode.CONFIG: "the configuration file is wrong",
    ExitCode.TIME_OUT: "time out",
    ExitCode.INTERRUPTED: "interrupted",
}


class WandbwatchError(Exception):
    """An error that the user can fix; it says what, where, and what to do next."""

    exit_code = ExitCode.OURS

    @property
    def lines(self) -> tuple[str, ...]:
        """The printable lines, one per complaint, with control characters escaped."""
        return (printable(str(self)),)


class UsageError(WandbwatchError):
    exit_code = ExitCode.USAGE


class _ComplaintsError(WandbwatchError):
    """Carries all complaints; each begins with its place."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(self.complaints))

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(map(printable, self.complaints))


class ConfigError(_ComplaintsError):
    """A configuration is invalid; each complaint begins with its place."""

    exit_code = ExitCode.CONFIG


class LinesError(_ComplaintsError, UsageError):
    """A list of lines is invalid; each complaint begins with its line."""


class SourceError(WandbwatchError):
    """Runs could not be read."""

    server = ""
    """The server that failed, if the error is an outage that affects all requests."""


class SeveralError(_ComplaintsError, SourceError):
    """No address of several could be read; each complaint begins with its address."""

    def __init__(self, complaints: Sequence[str], first: WandbwatchError) -> None:
        super().__init__(complaints)
        self.exit_code = first.exit_code
        self.server = getattr(first, "server", "")


class NotAuthorisedError(SourceError):
    exit_code = ExitCode.NOT_AUTHORISED


class NoKeyError(NotAuthorisedError):
    """There is no API key for the server."""


class NotFoundError(SourceError):
    exit_code = ExitCode.NOT_FOUND


class NoProjectError(NotFoundError):
    """*hint* ends the text. It may ask the server, so it waits for a reader."""

    def __init__(self, what: str, hint: Callable[[], str] = str) -> None:
        super().__init__(what)
        self.hint = hint

    def __str__(self) -> str:
        return f"{super().__str__()}{self.hint()}"


class NetworkError(SourceError):
    """The server is unreachable, failed, or asked us to wait."""

    exit_code = ExitCode.NETWORK


class RateLimitError(NetworkError):
    """The server asks us to slow down, for *seconds* if it says how long."""

    def __init__(self, what: str, seconds: float | None = None) -> None:
        super().__init__(what)
        self.seconds = seconds


class TimeOutError(SourceError):
    exit_code = ExitCode.TIME_OUT


class DeliveryError(WandbwatchError):
    """A post was refused."""

    exit_code = ExitCode.NETWORK


class StateError(WandbwatchError):
    """The state on disk can't be read or written."""


class UnusableStateError(StateError):
    """A restart won't help: a newer version's state, or a disk without locks."""


def printable(text: str) -> str:
    """Return *text* in one line, with control characters and the like escaped."""
    return "".join(
        c if c.isprintable() else " " if c == "\n" else ascii(c)[1:-1] for c in text
    )
