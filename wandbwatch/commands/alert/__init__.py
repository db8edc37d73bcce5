from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wandbwatch.options import (
    NO_FILTERS,
    AnyAddresses,
    FiltersOption,
    Span,
    any_address,
    places,
)

if TYPE_CHECKING:
    from wandbwatch.commands.alert.actions import Action
    from wandbwatch.commands.alert.rules import Rule
    from wandbwatch.model.cell import Level
    from wandbwatch.model.report import Report


def rule(text: str) -> Rule:
    from wandbwatch.commands.alert.rules import RuleError, parse

    try:
        return parse(text)
    except RuleError as e:
        raise typer.BadParameter(f"{text!r}: {e}") from e


def hold_time(text: str) -> Span:
    """Read a duration that may be 0."""
    return Span() if text.strip() in ("0", "0s") else Span.read(text)


When: TypeAlias = Annotated[
    "list[Rule] | None",
    typer.Option(
        parser=rule,
        metavar="RULE",
        help='The rule: "train/loss > 5", "nan(loss)". Repeat for several.',
    ),
]
For: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        "--for",
        parser=hold_time,
        metavar="SPAN",
        help="Fire only after the rule has held this long; 0s: at once, on any outlier."
        " Default: 5m for a comparison with the latest value.",
    ),
]
Repeat: TypeAlias = Annotated[
    Span | None,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        help="Repeat the alert at this interval while it fires; default: once.",
    ),
]


def firing_level(text: str) -> Level:
    from wandbwatch.model.cell import Level

    levels = {level.value: level for level in (Level.INFO, Level.WARN, Level.BAD)}
    if text not in levels:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(levels)}")
    return levels[text]


Severity: TypeAlias = Annotated[
    "Level | None",
    typer.Option(
        "--level",
        parser=firing_level,
        metavar="LEVEL",
        show_default="bad",
        help="How bad a firing alert is: info, warn or bad; info never pings.",
    ),
]


def action(text: str) -> Action:
    from wandbwatch.commands.alert import actions

    try:
        return actions.read(text)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e


Then: TypeAlias = Annotated[
    "list[Action] | None",
    typer.Option(
        "--then",
        parser=action,
        metavar="ACTION",
        help="What to do, once, when an alert fires: stop (the run), retry (an"
        " experiment that wandbwatch started), or 'exec COMMAND', which gets the"
        " alert as JSON on stdin. Only in watch.toml. Repeat for several.",
    ),
]
Since: TypeAlias = Annotated[
    Span,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        show_default="14d",
        help="How far --backtest looks back.",
    ),
]
Every: TypeAlias = Annotated[
    Span,
    typer.Option(
        parser=Span.read,
        metavar="SPAN",
        show_default="1m",
        help="The interval between the checks of --backtest.",
    ),
]


def alert(
    ctx: typer.Context,
    address: AnyAddresses = None,
    *,
    when: When = None,
    hold: For = None,
    repeat: Repeat = None,
    level: Severity = None,
    then: Then = None,
    filters: FiltersOption = NO_FILTERS,
    trial: Annotated[
        bool,
        typer.Option("--backtest", help="Show when the rules would have fired."),
    ] = False,
    suggest: Annotated[
        bool,
        typer.Option("--suggest", help="Propose rules from the project's history."),
    ] = False,
    since: Since = Span(days=14),  # noqa: B008 -- never changed
    every: Every = Span(minutes=1),  # noqa: B008 -- the same
) -> Iterator[Report]:
    """Report when a rule starts to hold for a run, and when it stops.

    A subscription of watch.toml remembers its alerts between checks. A terminal
    remembers nothing: there it shows which rules hold now.

    Take `alert` for a rule on values, `events` for what happens to runs, and `digest`
    for a summary of a day or a week.
    """
    if not when and not suggest:
        raise typer.BadParameter("Missing option '--when'")
    from wandbwatch.commands.alert import check
    from wandbwatch.commands.alert.fetch import Question
    from wandbwatch.commands.alert.memory import Timing
    from wandbwatch.model.cell import Level

    timing = Timing(
        None if hold is None else hold.total_seconds(),
        repeat.total_seconds() if repeat else 0.0,
    )
    question = Question(tuple(when or ()), filters)
    request = check.AlertRequest(
        question, timing, level or Level.BAD, tuple(then or ())
    )
    addresses = places(address, any_address)
    if suggest or trial:
        tried = check.suggestion if suggest else check.backtested
        return check.tried_at(ctx.obj, addresses, request, tried, (since, every))
    return check.checked(ctx.obj, addresses, request)


plugin = alert
