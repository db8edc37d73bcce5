from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.commands.events.kinds import EventKind, Gain
from wandbwatch.options import (
    NO_AIMS,
    NO_FILTERS,
    Aims,
    FiltersOption,
    ProjectAddresses,
    Span,
    places,
)

if TYPE_CHECKING:
    from wandbwatch.commands.events.end_card import CardAttachments
    from wandbwatch.model.report import Report


class Kinds(frozenset[EventKind]):
    """The kinds to report: names separated by commas."""

    @classmethod
    def read(cls, text: str) -> Kinds:
        words = [word.strip() for word in text.split(",") if word.strip()]
        for word in words:
            if word not in {kind.value for kind in EventKind}:
                from wandbwatch.formatting.text import did_you_mean

                known = [kind.value for kind in EventKind]
                hint = did_you_mean(word, known) or f"; known: {', '.join(known)}"
                raise typer.BadParameter(f"unknown kind of event {word!r}{hint}")
        if not words:
            raise typer.BadParameter("name at least one kind of event")
        return cls(map(EventKind, words))


def completed(incomplete: str) -> list[str]:
    """Complete the last of several kinds separated by commas, for a shell."""
    before, comma, start = incomplete.rpartition(",")
    used = before.split(",")
    kinds = (kind.value for kind in EventKind if kind.value not in used)
    return [f"{before}{comma}{kind}" for kind in kinds if kind.startswith(start)]


def attachments(text: str) -> CardAttachments:
    from wandbwatch.commands.events.end_card import CardAttachments

    try:
        return CardAttachments.read(text)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


On: TypeAlias = Annotated[
    Kinds,
    typer.Option(
        parser=Kinds.read,
        autocompletion=completed,
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


def least_gain(text: str) -> Gain:
    number, percent, rest = text.strip().partition("%")
    try:
        least = float(number)
    except ValueError:
        least = -1.0
    if rest or not 0 <= least < math.inf:
        raise typer.BadParameter(f"{text!r} is not a gain such as 0.01 or 0.5%")
    return Gain(least, percent=bool(percent))


LeastGain: TypeAlias = Annotated[
    Gain,
    typer.Option(
        "--best-gain",
        parser=least_gain,
        metavar="GAIN",
        show_default=False,
        help="By how much a new best must be better: 0.01, or 0.5% of the spread from"
        " the first to the best value. Default: the run's noise, and at least 0.5%.",
    ),
]
BestEvery: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        "--best-every",
        parser=Span.read,
        metavar="SPAN",
        help="Report a new best of a key at most this often.",
    ),
]
Attach: TypeAlias = Annotated[
    "CardAttachments | None",
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


def events(
    ctx: typer.Context,
    address: ProjectAddresses = None,
    *,
    on: On = Kinds(EventKind),  # noqa: B008 -- never changed
    filters: FiltersOption = NO_FILTERS,
    best: By = NO_AIMS,
    best_gain: LeastGain = Gain(),  # noqa: B008 -- never changed
    best_every: BestEvery = None,
    attach: Attach = None,
    greet: Annotated[
        bool, typer.Option("--greet", help="Start with a count of the runs.")
    ] = False,
    stall: Stall = Span(minutes=10),  # noqa: B008 -- the same
    settle: Settle = Span(minutes=2),  # noqa: B008 -- the same
) -> Iterator[Report]:
    """Report what happened to a project's runs since the last check.

    A subscription of watch.toml remembers the runs between checks. A terminal
    remembers nothing: there it shows how the runs are now.

    Take `events` for what happens to runs, `alert` for a rule on their values, and
    `digest` for a summary of a day or a week.
    """
    from wandbwatch.commands.events.check import EventsRequest, checked
    from wandbwatch.commands.events.end_card import DEFAULT
    from wandbwatch.commands.events.lifecycle import DetectOptions

    gain = replace(best_gain, every=best_every.total_seconds() if best_every else 0.0)
    spans = stall.total_seconds(), settle.total_seconds()
    rules = DetectOptions(*spans, tuple(best), gain)
    request = EventsRequest(on, filters, attach or DEFAULT, greet, rules)
    yield from checked(ctx.obj, places(address), request)


plugin = events
