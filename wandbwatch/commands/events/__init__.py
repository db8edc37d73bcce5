from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, TypeAlias

import typer

from wandbwatch.analysis import dead_keys
from wandbwatch.analysis.dead_keys import Check, DeadKey, newly_dead
from wandbwatch.analysis.several import gathered, reported
from wandbwatch.commands.events.end_card import DEFAULT, CardAttachments, EndCards
from wandbwatch.commands.events.headlines import labels
from wandbwatch.commands.events.lifecycle import (
    CodeAlert,
    DetectOptions,
    Event,
    EventKind,
    EventMemory,
    detect,
    histories,
    raised,
    taught,
)
from wandbwatch.commands.events.lifecycle.listing import listed
from wandbwatch.commands.events.reports import CrashCards, reports
from wandbwatch.commands.events.run_cards import ProjectPage, greeting, present
from wandbwatch.formatting import titles
from wandbwatch.model.address import Address
from wandbwatch.model.memory import Memory, StoredJson
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.query import Listing
from wandbwatch.model.report import Report
from wandbwatch.options import (
    HERE,
    NO_AIMS,
    NO_FILTERS,
    Aims,
    Filters,
    FiltersOption,
    ProjectAddresses,
    Span,
    places,
)

_RUNS, _ENDED, _CRASHES, _ALERTS = "runs", "ended", "crashes", "alerts"
"""The names that the memory is stored under."""
_COUNTS = StoredJson(compact=False, ascii=True)


class Kinds(frozenset[EventKind]):
    """The kinds to report: names separated by commas."""

    @classmethod
    def read(cls, text: str) -> Kinds:
        words = [word.strip() for word in text.split(",") if word.strip()]
        for word in words:
            if word not in {kind.value for kind in EventKind}:
                known = ", ".join(kind.value for kind in EventKind)
                raise typer.BadParameter(
                    f"unknown kind of event {word!r}; known: {known}"
                )
        if not words:
            raise typer.BadParameter("name at least one kind of event")
        return cls(map(EventKind, words))


def attachments(text: str) -> CardAttachments:
    try:
        return CardAttachments.read(text)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


On: TypeAlias = Annotated[
    Kinds,
    typer.Option(
        parser=Kinds.read,
        metavar="KINDS",
        show_default=False,
        help=f"Report only these: {', '.join(kind.value for kind in EventKind)}.",
    ),
]
By: TypeAlias = Annotated[
    Aims,
    typer.Option(
        parser=Aims.read,
        metavar="KEY:min|max",
        show_default=False,
        help="Report a new best value of these keys: val/loss:min,val/acc:max.",
    ),
]
Attach: TypeAlias = Annotated[
    CardAttachments,
    typer.Option(
        parser=attachments,
        metavar="PARTS",
        show_default=False,
        help="What the card of an ended run shows: summary, delta, config-diff,"
        " plot:KEY, log:LINES, why, none; default: values, and everything after a bad"
        " end.",
    ),
]
Stall: TypeAlias = Annotated[
    Span,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        show_default="10m",
        help="The shortest pause that counts as stalled; slow runs get longer.",
    ),
]
Settle: TypeAlias = Annotated[
    Span,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        show_default="2m",
        help="Report a group, a sweep or a project as done after this long without a"
        " running run.",
    ),
]


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    address: Address
    on: Kinds
    filters: Filters
    attached: CardAttachments
    greet: bool
    rules: DetectOptions


def events(
    ctx: typer.Context,
    address: ProjectAddresses = None,
    *,
    on: On = Kinds(EventKind),  # noqa: B008 -- never changed
    filters: FiltersOption = NO_FILTERS,
    best: By = NO_AIMS,
    attach: Attach = DEFAULT,
    greet: Annotated[
        bool, typer.Option("--greet", help="Start with a count of the runs.")
    ] = False,
    stall: Stall = Span(minutes=10),  # noqa: B008 -- the same
    settle: Settle = Span(minutes=2),  # noqa: B008 -- the same
) -> Iterator[Report]:
    """Report what happened to a project's runs since the last check.

    A subscription of watch.toml remembers the runs between checks. A terminal
    remembers nothing: there it shows how the runs are now.
    """
    env: Env = ctx.obj
    rules = DetectOptions(stall.total_seconds(), settle.total_seconds(), tuple(best))
    request = Request(HERE, on, filters, attach, greet, rules)
    if env.memory is None:
        keys = _keys(request, None, None)
        found = gathered(
            env,
            places(address),
            lambda one: listed(env.source(one), filters, keys, None),
        )
        yield present(found, rules, env.now())
        return
    yield from reported(
        "events",
        env,
        env.memory,
        places(address),
        lambda scoped, one: _report(scoped, replace(request, address=one)),
    )


def _report(env: Env, request: Request) -> Iterator[Report]:
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
    shown += reports(wanted, ends, _project(request.address, found), crashes)
    _remember(memory, after, crashes)
    yield from shown
    if dead := _dead(source, found, happened, request, Check(now.timestamp(), memory)):
        project = _project(request.address, found)
        yield dead_keys.report(dead, "events", project.name, project.url)


def _dead(
    source: Source,
    found: Listing,
    happened: Sequence[Event],
    request: Request,
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
    request: Request, before: EventMemory | None, memory: Memory | None
) -> tuple[str, ...] | None:
    """Return the summary keys to fetch; None for all, to choose a metric from."""
    aims = request.rules.aims
    first = memory is None or (before is None and request.greet)
    return None if first and not aims else tuple(aim.key for aim in aims)


def _project(address: Address, found: Listing) -> ProjectPage:
    return ProjectPage(
        titles.of_runs(address, found.runs),
        titles.page_of_runs(found.runs),
        labels(found.runs),
    )


plugin = events
