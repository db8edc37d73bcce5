from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from wandbwatch.options import Server

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env, Viewer
    from wandbwatch.model.report import Report


def whoami(ctx: typer.Context, *, server: Server = None) -> Iterator[Report]:
    """Show the W&B server, the user, and where the API key comes from."""
    env: Env = ctx.obj
    yield report(env.account().whoami(server))


def report(viewer: Viewer) -> Report:
    from wandbwatch.model.report import Fields, Report

    items = (
        ("server", viewer.server),
        ("user", viewer.user),
        ("entity", viewer.entity),
        ("teams", viewer.teams),
        ("key from", viewer.key_from),
    )
    known = tuple((name, value) for name, value in items if value)
    return Report("whoami", f"{viewer.user} at {viewer.server}", (Fields("", known),))


plugin = whoami
