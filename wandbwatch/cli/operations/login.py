from __future__ import annotations

import getpass
import os
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from wandbwatch.config import redaction
from wandbwatch.model.errors import UsageError
from wandbwatch.options import Server

if TYPE_CHECKING:
    from wandbwatch.model.ports import Env, Viewer
    from wandbwatch.model.report import Block, Report


def login(
    ctx: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY",
            help="The API key. Others can see it in the list of processes, and the"
            " shell keeps it: without KEY it is asked for, or read from stdin.",
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
    from wandbwatch.model.report import Fields, Level, Note, Report

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
