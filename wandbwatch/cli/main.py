"""The entry point: real clock, real sources, real streams."""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn, TextIO

from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.cli.output import NobodyReadsError, run_line
from wandbwatch.config import redaction
from wandbwatch.model.errors import ExitCode, printable

if TYPE_CHECKING:
    from wandbwatch.model.address import Address
    from wandbwatch.model.experiment import ExperimentConfig, Experiments
    from wandbwatch.model.ports import Account, Env, Source


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = answer(sys.argv[1:])
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        if sys.stderr and sys.stderr.isatty():
            sys.stderr.write("\n")  # start the shell's prompt on a new line
    except NobodyReadsError:
        # Python would fail to flush what is left in the buffer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.FINE
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback from clean-up at exit
    leave(code)


def leave(code: int) -> NoReturn:
    """End the process without Python's own clean-up, which is a tenth of `--help`.

    A daemon thread inside the wandb package then, as after a request that took too
    long, may abort the whole process: "FATAL: exception not rethrown".
    """
    mine = threading.current_thread()
    others = [one for one in threading.enumerate() if one is not mine]
    if all(one.daemon for one in others):
        atexit._run_exitfuncs()  # noqa: SLF001 -- wandb-core is killed by one
        if all([_flushed(sys.stdout), _flushed(sys.stderr)]) or others:
            os._exit(code)
    sys.exit(code)  # waits for threads, says what could not be written


def _flushed(stream: TextIO | None) -> bool:
    try:
        if stream:
            stream.flush()
    except (OSError, ValueError):
        return False
    return True


def answer(words: Sequence[str]) -> int:
    """Run one command line; print every error as one line and set its exit code."""
    if "--json-logs" in words:
        redaction.write_json_logs()
    return run_line(lambda: grammar.read(words, _env), debug="--debug" in words)


def _env() -> Env:
    from wandbwatch.model.ports import Env  # noqa: PLC0415 -- not for --help

    if any(name.startswith("WANDBWATCH_") for name in os.environ):
        for said in ignored_variables(os.environ):
            sys.stderr.write(f"wandbwatch: {printable(said)}\n")
    return Env(
        _source,
        lambda: datetime.now(UTC),
        _account,
        experiment_configs=_recipes,
        experiments=_experiments,
        together=_together,
        execute=_execute,
    )


def _source(address: Address) -> Source:
    from wandbwatch.cli.addresses import opened  # noqa: PLC0415 -- not for --help
    from wandbwatch.cli.waiting import AnnouncedSource  # noqa: PLC0415

    def make(address: Address) -> Source:
        source: Source = plugins.load("wandbwatch.sources", address.source)(address)
        return source

    return AnnouncedSource(address, opened(address, make))


def _together(work: Sequence[Callable[[], object]]) -> list[object]:
    found: list[object] = plugins.load("wandbwatch.sources", "cloud").together(work)
    return found


def _recipes() -> Mapping[str, ExperimentConfig]:
    from wandbwatch.cli.watchfile import load as reading  # noqa: PLC0415 (croniter takes long)

    path = reading.found(None)
    return reading.unchecked(path).experiments


def _experiments() -> Experiments:
    from wandbwatch.experiments.service import ExperimentService  # noqa: PLC0415 -- seldom needed

    return ExperimentService()


def _execute(command: Sequence[str], stdin: str) -> tuple[int, str]:
    from wandbwatch.experiments.processes import execute  # noqa: PLC0415 -- seldom needed

    return execute(command, stdin)


def _account() -> Account:
    account: Account = plugins.load("wandbwatch.sources", "cloud").account()
    return account


_SWITCH = ("off", "0", "no", "false", "on", "1", "yes", "true")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "WANDBWATCH_CACHE": _SWITCH,
    "WANDBWATCH_PICTURES": ("kitty", "iterm2", "sixel", "none"),
}
_SECONDS = "WANDBWATCH_TIMEOUT"


def ignored_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Say which values of our variables mean nothing, and which ones there are."""
    from wandbwatch.formatting.text import did_you_mean  # noqa: PLC0415 -- seldom set

    for name, words in _WORDS.items():
        value = environ.get(name, "")
        known = value.lower() if words is _SWITCH else value
        if value and known not in words:
            hint = did_you_mean(value, words) or f"; it takes {', '.join(words)}"
            yield f"{name}={value[:40]!r} is ignored{hint}"
    if (value := environ.get(_SECONDS, "")) and not _is_seconds(value):
        yield f"{_SECONDS}={value[:40]!r} is ignored; it takes seconds, such as 120"


def _is_seconds(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False
