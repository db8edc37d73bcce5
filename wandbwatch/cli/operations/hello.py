from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.cli.watchfile import OnlyConfigOption

if TYPE_CHECKING:
    from wandbwatch.model.report import Report


def hello(
    channels: Annotated[
        list[str] | None,
        typer.Argument(metavar="CHANNEL", help="Channel names; default: all."),
    ] = None,
    *,
    config: OnlyConfigOption = None,
) -> Iterator[Report]:
    """Post a test message to each channel and show Discord's answer.

    A stopped channel resumes when its test message is delivered.
    """
    from wandbwatch.cli.post import post_hello

    yield from post_hello(channels or (), config)


plugin = hello
