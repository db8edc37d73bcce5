from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.commands.events.kinds import EventKind
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
                known = ", ".join(kind.value for kind in EventKind)
                raise typer.BadParameter(
                    f"unknown kind of event {word!r}; known: {known}"
                )
        if not words:
            raise typer.BadParameter("name at least one kind of event")
        return cls(map(EventKind, words))


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
    """
    from wandbwatch.commands.events.check import Request, checked
    from wandbwatch.commands.events.end_card import DEFAULT
    from wandbwatch.commands.events.lifecycle import DetectOptions

    rules = DetectOptions(stall.total_seconds(), settle.total_seconds(), tuple(best))
    request = Request(on, filters, attach or DEFAULT, greet, rules)
    yield from checked(ctx.obj, places(address), request)


plugin = events
