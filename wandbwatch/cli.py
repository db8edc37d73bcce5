"""The front door: real clock, real sources, what is printed, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from wandbwatch import grammar, plugins
from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.errors import ExitCode, WandbwatchError
from wandbwatch.model.ports import Account, Env, Screen, Source


def main() -> None:
    sys.exit(answer(sys.argv[1:]))


def answer(words: Sequence[str]) -> int:
    """Answer one command line; every error becomes its line and its exit code."""
    try:
        return _answer(words)
    except WandbwatchError as e:
        print(f"wandbwatch: {e}", file=sys.stderr)
        return e.exit_code
    except typer.Exit as e:
        return e.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _answer(words: Sequence[str]) -> int:
    read = grammar.read(words, _env())
    if not isinstance(read, grammar.Line):
        return read
    _show(read)
    return ExitCode.FINE


def _show(line: grammar.Line) -> None:
    output = line.output or ("terminal" if sys.stdout.isatty() else "plain")
    render = plugins.load("wandbwatch.renderers", output)
    for text in render(line.reports, Screen(now=datetime.now(UTC))):
        print(text)


def _env() -> Env:
    return Env(_source, lambda: datetime.now(UTC), _account, answer)


def _source(address: Address) -> Source:
    kind = "cloud" if isinstance(address, Cloud) else "local"
    source: Source = plugins.load("wandbwatch.sources", kind)(address)
    return source


def _account() -> Account:
    account: Account = plugins.load("wandbwatch.sources", "cloud").account()
    return account
