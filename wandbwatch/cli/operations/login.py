from __future__ import annotations

import getpass
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.config import redaction
from wandbwatch.model.errors import NotFoundError, UsageError
from wandbwatch.options import Server

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env, ListedProject, Viewer
    from wandbwatch.model.report import Block, Report


def login(
    ctx: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY",
            help="The API key. Better leave it out: `login` then asks for it or reads"
            " it from stdin, and it shows in no process list or shell history.",
        ),
    ] = None,
    *,
    server: Server = None,
) -> Iterator[Report]:
    """Verify an API key and save it where wandb looks for it."""
    env: Env = ctx.obj
    given = (key if key not in (None, "-") else _read(server)) or ""
    redaction.hide(given.strip())
    viewer = env.account().login(given.strip(), server)
    yield report(viewer, hidden=bool(os.environ.get("WANDB_API_KEY")))


def report(viewer: Viewer, *, hidden: bool) -> Report:
    """Report who logged in; *hidden*: WANDB_API_KEY overrides the saved key."""
    from wandbwatch.model.cell import Level
    from wandbwatch.model.report import Fields, Note, Report

    saved = Fields("", (("user", viewer.user), ("key saved in", viewer.key_from)))
    notes = [Note("WANDB_API_KEY is set and overrides the saved key")]
    blocks: tuple[Block, ...] = (saved, *(notes if hidden else []))
    return Report("login", f"logged in to {viewer.server}", blocks, Level.GOOD)


def _read(server: str | None) -> str:
    """Read the key from standard input; a terminal prompts for it without echo."""
    if sys.stdin is None:
        raise UsageError("no API key, and no terminal to ask for one")
    key = _asked(server) if sys.stdin.isatty() else sys.stdin.read()
    if not key.strip():
        raise UsageError("no API key given; nothing changed")
    return key


def _asked(server: str | None) -> str:
    from wandbwatch.model import address_parsing

    page = address_parsing.authorize(server or os.environ.get("WANDB_BASE_URL"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"API key ({page} shows it; it stays unseen here): ")
        except getpass.GetPassWarning as e:
            raise UsageError(
                "this terminal would show the key; pipe it in: wandbwatch login < FILE"
            ) from e
        except EOFError:
            return ""


plugin = login


def whoami(ctx: typer.Context, *, server: Server = None) -> Iterator[Report]:
    """Show the W&B server, the user, and where the API key comes from."""
    env: Env = ctx.obj
    yield whoami_report(env.account().whoami(server))


def whoami_report(viewer: Viewer) -> Report:
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


def projects(
    ctx: typer.Context,
    entity: Annotated[
        str,
        typer.Argument(
            metavar="ENTITY", help="A user or team; default: you and your teams."
        ),
    ] = "",
    *,
    server: Server = None,
) -> Iterator[Report]:
    """List the projects you can see, most recently active first."""
    env: Env = ctx.obj
    entity = entity.strip().removesuffix("/*").strip("/")
    if "/" in entity:
        why = f"{entity!r} is a project; `wandbwatch project {entity}` lists its runs"
        raise UsageError(why)
    found = env.account().projects(entity, server)
    if entity and not found:
        raise NotFoundError(
            f"no projects of {entity!r} that you can see; `wandbwatch projects` lists"
            " yours"
        )
    yield projects_report(entity, found)


def projects_report(entity: str, found: Sequence[ListedProject]) -> Report:
    from wandbwatch.model.cell import MISSING
    from wandbwatch.model.report import Note, Report, Table

    title = f"{entity or 'your projects'}: {len(found)}"
    if not found:
        return Report("projects", title, (Note("none yet"),))
    rows = tuple(
        (
            str(one),
            MISSING if one.runs is None else one.runs,
            one.active or MISSING,
            one.created or MISSING,
        )
        for one in found
    )
    columns = ("project", "runs", "last active", "created")
    links = tuple(one.url for one in found)
    return Report("projects", title, (Table("projects", columns, rows, links),))
