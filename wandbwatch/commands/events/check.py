"""One check of projects' runs for events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wandbwatch.analysis import dead_keys
from wandbwatch.analysis.dead_keys import Check, DeadKey, missing, newly_dead
from wandbwatch.analysis.several import gathered, reported
from wandbwatch.commands.events.end_card import CardAttachments, EndCards
from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.commands.events.lifecycle import (
    CodeAlert,
    DetectOptions,
    Event,
    EventMemory,
    detect,
    histories,
    raised,
    taught,
)
from wandbwatch.commands.events.lifecycle.detection import listed
from wandbwatch.commands.events.overview import greeting, present
from wandbwatch.commands.events.reports import CrashCards, LiveCards, reports
from wandbwatch.commands.events.run_cards import ProjectPage
from wandbwatch.formatting.run_blocks import labels, runs_page, runs_title
from wandbwatch.model.address import Address
from wandbwatch.model.memory import Memory, StoredJson
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Listing, Query
from wandbwatch.model.report import Report
from wandbwatch.options import HERE, Filters

_RUNS, _ENDED, _CRASHES, _ALERTS = "runs", "ended", "crashes", "alerts"
"""The names that the memory is stored under."""
_COUNTS = StoredJson(compact=False, ascii=True)


@dataclass(frozen=True)
class EventsRequest:
    """What the command line asks for."""

    on: frozenset[EventKind]
    filters: Filters
    attached: CardAttachments
    greet: bool
    rules: DetectOptions
    address: Address = HERE


def checked(
    env: Env, addresses: Sequence[Address], request: EventsRequest
) -> Iterator[Report]:
    """Report what happened at *addresses*, or without a memory how the runs are."""
    if env.memory is None:
        keys = _keys(request, None, None)
        found = gathered(
            env,
            addresses,
            lambda one: listed(env.source(one), request.filters, keys, None),
        )
        runs = [run for _, one in found.found for run in one.runs]
        aims = [aim.key for aim in request.rules.aims]
        there = [address for address, _ in found.found]
        said = missing(env, there, Query(request.filters), aims, runs)
        yield present(found, request.rules, env.now(), tuple(said.values()))
        return
    yield from reported(
        "events",
        env,
        env.memory,
        addresses,
        lambda scoped, one: _report(scoped, replace(request, address=one)),
    )


def _report(env: Env, request: EventsRequest) -> Iterator[Report]:
    memory = env.memory
    if memory is None:
        return
    before = EventMemory.read(memory.recall(_RUNS), memory.recall(_ENDED))
    source = env.source(request.address)
    found = listed(source, request.filters, _keys(request, before, memory), before)
    now = env.now()
    happened, after = detect(before, found.runs, now, request.rules)
    shown = []
    if before is None and EventKind.STALLED in request.on:
        seen = histories(source, request.filters)
        after = taught(after, seen, request.rules.least)
    if before is None and request.greet:
        shown.append(greeting(request.address, found, request.rules.aims))
    ends = EndCards(source, request.attached, request.rules.aims)
    if EventKind.ALERT in request.on:
        happened = (*happened, *_raised(source, found, happened, after, memory))
    wanted = [event for event in happened if event.kind in request.on]
    crashes = CrashCards.read(memory.recall(_CRASHES))
    project = _project(request.address, found)
    shown += reports(wanted, ends, project, crashes)
    _remember(memory, after, crashes)
    if memory.round and memory.round.cards:
        cards = LiveCards(source, memory, request.rules, project, ends.errors)
        yield from cards.reports(found.runs, happened, now.timestamp())
    yield from shown
    if dead := _dead(source, found, happened, request, Check(now.timestamp(), memory)):
        yield dead_keys.report(dead, "events", project.name, project.url)


def _dead(
    source: Source,
    found: Listing,
    happened: Sequence[Event],
    request: EventsRequest,
    check: Check,
) -> Sequence[DeadKey]:
    """Return the keys of `--best` that no run has logged."""
    keys = [aim.key for aim in request.rules.aims]
    logged = {key for run in found.runs for key in run.summary}
    check = replace(check, ended=any(event.kind.end for event in happened))
    return newly_dead(source, keys, request.filters, logged, check)


def _remember(memory: Memory, after: EventMemory, crashes: CrashCards) -> None:
    """Remember what has changed."""
    runs, ended = after.written()
    for key, text in {_RUNS: runs, _ENDED: ended, _CRASHES: crashes.written()}.items():
        if text != memory.recall(key):
            memory.remember(key, text)


def _raised(
    source: Source,
    found: Listing,
    happened: Sequence[Event],
    after: EventMemory,
    memory: Memory,
) -> list[CodeAlert]:
    """Fetch the alerts that the code raised; at the first check none is new."""
    known = _COUNTS.load(memory.recall(_ALERTS))
    events, counts = raised(source, found.runs, happened, known)
    kept = {i: n for i, n in counts.items() if i in after.going or i in after.gone}
    if kept != known:
        memory.remember(_ALERTS, _COUNTS.dump(kept))
    return events


def _keys(
    request: EventsRequest, before: EventMemory | None, memory: Memory | None
) -> tuple[str, ...] | None:
    """Return the summary keys to fetch; None for all, to choose a metric from."""
    aims = request.rules.aims
    first = memory is None or (before is None and request.greet)
    return None if first and not aims else tuple(k for aim in aims for k in aim.keys)


def _project(address: Address, found: Listing) -> ProjectPage:
    return ProjectPage(
        runs_title(address, found.runs),
        runs_page(found.runs),
        labels(found.runs),
    )
