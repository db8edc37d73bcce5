from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile import OnlyConfigOption
from wandbwatch.model.errors import ExitCode, UsageError
from wandbwatch.options import Span

if TYPE_CHECKING:
    from wandbwatch.config.load import Config
    from wandbwatch.delivery.mutes import Mute


_LONGEST = timedelta(days=3650)


def mute(
    target: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS|RULE|LIST",
            help="A project or run, the rule of an alert, or a subscription's name.",
        ),
    ],
    *,
    span: Annotated[
        Span,
        typer.Option(
            "--for", parser=Span.read, metavar="SPAN", help="How long: 6h, 2d."
        ),
    ],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; `status` shows it.")
    ] = "",
    config: OnlyConfigOption = None,
) -> int:
    """Post nothing about a project, run, rule or subscription for a while.

    When the mute ends, the channel gets a summary of the messages it held back. Posted
    messages are still edited, as an edit notifies nobody. `unmute` ends it early.
    """
    from wandbwatch.config.paths import opened
    from wandbwatch.delivery.mutes import Mutes
    from wandbwatch.delivery.outbox import Store
    from wandbwatch.formatting.numbers import moment
    from wandbwatch.formatting.text import clean

    if span > _LONGEST:
        raise UsageError(f"--for: at most {_LONGEST.days} days")
    path, read, directory = opened(config, os.environ)
    with closing(Store(directory)) as store:
        begun = _mute(target, clean(reason).strip(), span, read, store.now())
        if begun is None:
            raise UsageError(
                f"{path}: no subscription has the name, rule or address {target!r};"
                " `wandbwatch next` lists the subscriptions"
            )
        Mutes(store).begin(begun)
    typer.echo(f"muted {begun.kind.value} {target} until {moment(begun.until)}")
    return ExitCode.FINE


def _mute(
    target: str, reason: str, span: Span, read: Config, now: datetime
) -> Mute | None:
    """Return the mute for *target*; None if it matches nothing in the file."""
    from wandbwatch.delivery.mutes import Mute, MuteKind

    for kind in MuteKind:
        found = Mute(target, kind, now, now + span, reason)
        try:
            touched = [one for one in read.subscriptions if found.touches(one)]
        except ValueError as e:  # not an address
            raise UsageError(str(e)) from None
        if touched:
            channels = tuple(dict.fromkeys(one.channel for one in touched))
            return replace(found, channels=channels)
    return None


plugin = mute


def unmute(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="ADDRESS|RULE|LIST…", help="What was muted."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="End every mute.")] = False,
    config: OnlyConfigOption = None,
) -> int:
    """End mutes early.

    The channel gets a summary of the messages that were held back.
    """
    from wandbwatch.config.paths import opened
    from wandbwatch.delivery.mutes import Mutes
    from wandbwatch.delivery.outbox import Store

    if bool(targets) == every:
        raise UsageError("name what was muted, or write --all")
    _, _, directory = opened(config, os.environ)
    with closing(Store(directory)) as store:
        mutes = Mutes(store)
        muted = {mute.target: mute for mute in mutes.all()}
        for target in targets or ():
            if target not in muted:
                there = ", ".join(muted) or "nothing"
                raise UsageError(f"{target!r} is not muted; muted: {there}")
        ended = [muted[target] for target in targets or muted]
        mutes.end(ended)
    for mute in ended:
        typer.echo(f"{mute.target} is no longer muted")
    if not ended:
        typer.echo("nothing is muted")
    return ExitCode.FINE
