from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wandbwatch.cli.watchfile import OnlyConfigOption
from wandbwatch.options import any_address

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env
    from wandbwatch.model.report import Report


def doctor(
    ctx: typer.Context,
    address: Annotated[
        Any,
        typer.Argument(
            parser=any_address,
            metavar="[ADDRESS]",
            show_default=False,
            help="A project to try every request on: ENTITY/PROJECT or a W&B URL.",
        ),
    ] = None,
    *,
    config: OnlyConfigOption = None,
    transcript: Annotated[
        Path | None,
        typer.Option(
            parser=Path,
            metavar="FILE",
            help="Save the server's answers in FILE, without keys and signatures.",
        ),
    ] = None,
) -> Iterator[Report]:
    """Check this machine, watch.toml, the webhooks and the W&B server.

    Nothing is posted or changed. The exit code is 0 if all is well.
    """
    from wandbwatch.cli.doctor import DoctorError, findings, report

    env: Env = ctx.obj
    found = list(findings(env, address, config, transcript))
    yield report(found, transcript)
    if bad := [one for one in found if one.error is not None]:
        raise DoctorError(bad)


plugin = doctor


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
