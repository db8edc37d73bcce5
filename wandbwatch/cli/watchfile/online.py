"""Find keys in command lines that no run has logged: in watch.toml or in one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wandbwatch.analysis.dead_keys import Check, DeadKey, dead_keys, newly_dead, report
from wandbwatch.analysis.eta import Total
from wandbwatch.analysis.ranking import Objective
from wandbwatch.analysis.several import gathered
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import ParsedLine
from wandbwatch.config.load import Config
from wandbwatch.model.address import Address
from wandbwatch.model.cell import MISSING, latest
from wandbwatch.model.errors import SourceError, UsageError, WandbwatchError
from wandbwatch.model.memory import Memory, ScopedMemory
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Plot, Report, Table
from wandbwatch.options import places


def complaints(read: Config, env: Env) -> Iterator[str]:
    """Yield a warning for each key that no run of its address has logged.

    A subscription with its own account is left out, as we lack its API key.
    """
    env = replace(env, experiment_configs=lambda: read.experiments)
    for subscription in read.subscriptions:
        if subscription.account:
            continue
        for line in subscription.commands:
            for found in _line(grammar.parse(line, env).arguments, env):
                yield f"subscription {subscription.name!r}: `{line}`: {found}"


_OWN = ("alert", "events")
"""Commands that find the dead keys among theirs with what they read anyway."""


def answered(line: ParsedLine, env: Env, memory: Memory) -> Iterator[Report]:
    """Yield the reports of *line*, and a warning about keys that nobody logs."""
    shown: set[str] = set()
    for one in line.reports:
        shown.update(_shown(one))
        yield one
    yield from reported(line, env, memory, shown)


def _shown(one: Report) -> Iterator[str]:
    """Yield the keys of which *one* has values: nobody needs to be asked for these."""
    for block in one.blocks:
        if isinstance(block, Plot):
            yield from (block.key for line in block.lines[:1] if len(line.series.y))
        elif isinstance(block, Table):
            columns = zip(block.columns, zip(*block.rows, strict=False), strict=False)
            for key, cells in columns:
                if any(latest(cell) is not MISSING for cell in cells):
                    yield key


def reported(
    line: ParsedLine, env: Env, memory: Memory, shown: Collection[str] = ()
) -> Iterator[Report]:
    """Warn once about each key of ``--keys``, ``--total`` or ``--best`` that no run
    has logged. Those that the line has *shown* are logged."""
    keys = list(_keys(line.arguments))
    if line.kind in _OWN or not keys or "address" not in line.arguments:
        return
    given: Any = line.arguments["address"]
    filters: Any = line.arguments.get("filters") or {}
    now = env.now().timestamp()

    def newly(one: Address) -> tuple[DeadKey, ...]:
        check = Check(now, ScopedMemory(memory, str(one)))
        logged = shown if [one] == addresses else ()  # not in which of several
        return newly_dead(env.source(one), keys, filters, logged, check)

    try:
        addresses = list(places([given] if isinstance(given, Address) else given))
        found = gathered(env, addresses, newly)
    except WandbwatchError:
        return
    for address, dead in found.found:
        if dead:
            yield report(dead, line.kind, str(address), None)


def _line(arguments: Mapping[str, Any], env: Env) -> Iterator[str]:
    keys, address = list(_keys(arguments)), arguments.get("address")
    given = [address] if isinstance(address, Address) else address
    if not keys or "address" not in arguments:
        return
    filters = arguments.get("filters") or {}
    try:
        found = gathered(
            env, places(given), lambda one: dead_keys(env.source(one), keys, filters)
        )
    except (SourceError, UsageError) as e:
        yield f"could not ask: {e}"
        return
    yield from dict.fromkeys(str(key) for _, dead in found.found for key in dead)
    for note in found.notes:
        yield f"could not ask: {note.text}"


def _keys(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys among a command's arguments."""
    for name, value in arguments.items():
        if name == "columns":
            yield from (one.removeprefix("summary_metrics.") for one in value or ())
        elif isinstance(value, Total):
            yield from () if value.config or not value.key else (value.key,)
        else:
            yield from _of(value)


def _of(value: object) -> Iterator[str]:
    if isinstance(value, Objective):
        yield value.key
    elif needs := getattr(value, "needs", None):  # a rule
        yield from needs.keys
    elif isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        for one in value:
            yield from _of(one)
