"""Turn a plugin's function into a Typer command, with the examples of its `--help`."""

from __future__ import annotations

import functools
import inspect
import os
import re
import shutil
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, NamedTuple

import typer
import typer.core
import typer.main

import wandbwatch
from wandbwatch.cli.grammar.typer_patches import patch

if TYPE_CHECKING:
    from datetime import timedelta

    from wandbwatch.model.ports import Watch


OUTPUTS = ("terminal", "plain", "json", "jsonl", "csv")


def width() -> int:
    """Return the width of help in columns; Typer's own is at least 50."""
    return max(min(shutil.get_terminal_size().columns, 80) - 2, 20)


def _output(text: str) -> str:
    if text not in OUTPUTS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(OUTPUTS)}")
    return text


def _outputs(incomplete: str) -> list[str]:
    return [output for output in OUTPUTS if output.startswith(incomplete)]


def _span(text: str) -> timedelta:
    from wandbwatch.options import Span  # noqa: PLC0415 -- not for --help

    return Span.read(text)


def _version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"wandbwatch {wandbwatch.__version__}")
        raise typer.Exit
    return wanted


def _help(ctx: typer.Context, wanted: bool) -> bool:
    if wanted:
        typer.echo(ctx.get_help())
        raise typer.Exit
    return wanted


OUTPUT = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        parser=_output,
        autocompletion=_outputs,
        metavar="FORMAT",
        help=f"One of {', '.join(OUTPUTS)}; plain when piped, terminal otherwise.",
    ),
]
DEBUG = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
TO = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="CHANNEL",
        help="Post the report once to this channel of watch.toml.",
    ),
]
DRY_RUN = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="With --to: draw the posts (JSON when piped) and post nothing.",
    ),
]
WATCH = Annotated[
    "timedelta | None",
    typer.Option(
        "--watch",
        parser=_span,
        metavar="SPAN",
        help="Repeat at this interval (30s, 5m) until q or Ctrl-C.",
    ),
]
VERSION = Annotated[
    bool,
    typer.Option(
        "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
]
# Typer's own help option is read through pydantic (see typer_patches).
HELP = Annotated[
    bool,
    typer.Option(
        "--help", "-h", callback=_help, is_eager=True, help="Show this help and exit."
    ),
]


class Called(NamedTuple):
    """A command with its arguments and the options that all commands share.

    ``start`` runs an operation, or returns a command's generator, which does
    nothing until its first report is requested.
    """

    start: Callable[[], object]
    output: str | None
    to: str | None = None
    dry_run: bool = False
    watch: Watch | None = None


_LISTS = {"--keys", "--columns", "--on", "--best"}


class Command(typer.core.TyperCommand):
    """A command that names itself in its errors, including the parser's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = list(args)
        if not ctx.resilient_parsing and _LISTS & set(given):
            from wandbwatch.cli.grammar import mistakes  # noqa: PLC0415 -- not for all

            if hint := mistakes.unseparated(self, given):
                raise typer.BadParameter(hint, ctx=ctx)
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as e:
            from wandbwatch.cli.grammar import mistakes  # noqa: PLC0415 -- not for --help

            if getattr(e, "ctx", ctx) is None:
                e.ctx = ctx  # type: ignore[attr-defined]
            mistakes.explain(e, self, given)
            raise

    def format_epilog(self, ctx: Any, formatter: Any) -> None:

        del ctx
        if lines := EXAMPLES.get(self.name or ""):
            with formatter.section("Examples"):
                for line in lines:
                    formatter.write(_folded(f"wandbwatch {line}", formatter.width - 2))


def _folded(line: str, width: int) -> str:
    """Break a command line as a shell allows it: between words, after a backslash."""
    lines = [""]
    for word in re.findall(_WORDS, line):
        if lines[-1] and len(lines[-1]) + len(word) + len(" \\") >= width:
            lines.append(" ")
        lines[-1] += f" {word}" if lines[-1] else word
    return "".join(f"  {one}\n" for one in " \\\n".join(lines).split("\n"))


_WORDS = r"(?:'[^']*'|[^\s'])+"
"""The words of a command line; quotes stay whole."""


class For(Enum):
    """Where a command is used, which decides the options added to its own."""

    QUERY = "a query in a terminal"
    OPERATION = "an operation in a terminal"
    LIST = "a line of a list"


def built(name: str, plugin: Callable[..., object], what_for: For) -> Any:
    """Build the Typer command *name* of a plugin's function."""
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    add = app.command(
        name,
        cls=Command,
        context_settings={"terminal_width": width()},
        add_help_option=False,
    )
    add(_whole(plugin, what_for))
    command: Any = typer.main.get_command(app)
    patch(command)
    if "_WANDBWATCH_COMPLETE" in os.environ:
        _complete(command)
    return command


def _complete(command: Any) -> None:
    from wandbwatch.cli.grammar import completion  # noqa: PLC0415 -- a shell's alone

    for param in command.params:
        if param._custom_shell_complete is None:  # noqa: SLF001 -- has no setter
            param._custom_shell_complete = (  # noqa: SLF001
                lambda ctx, param, incomplete: completion.values(
                    ctx, param, command.name, incomplete
                )
            )


_COMMON = {"output": OUTPUT, "debug": DEBUG}
_ADDED: Mapping[For, Mapping[str, Any]] = {
    For.QUERY: {
        **_COMMON,
        "to": TO,
        "dry_run": DRY_RUN,
        "watch": WATCH,
        "helped": HELP,
    },
    For.OPERATION: {**_COMMON, "helped": HELP},
    For.LIST: _COMMON,
}


def _whole(command: Callable[..., object], what_for: For) -> Callable[..., Called]:
    """Give *command* the options that every command of its kind has."""
    signature = inspect.signature(command)
    own = signature.parameters
    added = {k: a for k, a in _ADDED[what_for].items() if k not in own}

    @functools.wraps(command)
    def call(**given: Any) -> Called:
        # main handles --debug, as it looks for it in invalid lines too.
        extra = {name: given.pop(name) for name in added}
        to, dry_run = extra.get("to"), extra.get("dry_run", False)
        if dry_run and to is None:
            raise typer.BadParameter("--dry-run goes with --to CHANNEL")
        if to is not None and extra.get("watch"):
            why = "--watch works in a terminal only; a subscription already repeats"
            raise typer.BadParameter(why)
        start = functools.partial(command, **given)
        watch = _watch(command, extra) if what_for is For.QUERY else None
        return Called(start, extra.get("output"), to, dry_run, watch)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        *(one.replace(annotation=_hint(one, command)) for one in own.values()),
        *(
            inspect.Parameter(
                name,
                keyword,
                default=None if name in ("output", "to", "watch") else False,
                annotation=_known(annotation),
            )
            for name, annotation in added.items()
        ),
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    return call


def _hint(parameter: inspect.Parameter, command: Callable[..., object]) -> Any:
    return _known(eval(parameter.annotation, command.__globals__))  # noqa: S307 -- our own


def _known(hint: Any) -> Any:
    """Return *hint* without types that are not imported: their options have parsers."""
    origin = getattr(hint, "__origin__", None)
    if isinstance(origin, ForwardRef):
        several = origin.__forward_arg__.startswith("list[")
        return Annotated[list[str] if several else str, *hint.__metadata__]
    return hint


def _watch(command: Callable[..., object], extra: Mapping[str, Any]) -> Watch | None:
    """Return how often *command* repeats: as the user asks, or by itself."""
    from wandbwatch.model.ports import Watch  # noqa: PLC0415 -- not for --help

    if extra.get("watch"):
        return Watch(extra["watch"])
    every: timedelta | None = getattr(command, "repeats", None)
    return Watch(every, on_screen=True) if every else None


GROUPS = {
    "Look at runs": (
        *("project", "projects", "summary", "image", "top", "media", "system", "logs"),
        *("files", "artifacts", "diff", "sweep"),
    ),
    "See what happened": ("events", "alert", "digest", "why", "history"),
    "Train": ("experiment", "experiments", "wait", "stop", "retry"),
    "Post to Discord": (
        *("subscribe", "unsubscribe", "run", "lines", "daemon", "next", "status"),
        *("hello", "outbox", "mute", "unmute"),
    ),
    "Set up": ("init", "check", "login", "whoami", "doctor", "service", "demo"),
}
"""The commands by what one wants; internal ones are in none."""

EXAMPLES = {
    "project": (
        "project acme/gpt --keys val/loss,config.lr --topk 20",
        """project acme/gpt --filters '{"state": "failed"}'""",
        "project acme/gpt --order +summary_metrics.val/loss",
        "project ./wandb",
    ),
    "projects": ("projects", "projects acme"),
    "summary": (
        "summary acme/gpt/latest",
        "summary acme/gpt/best --keys val,config.lr --config",
        "summary ./wandb/latest-run",
    ),
    "image": (
        "image acme/gpt --keys train/loss,val/loss --smooth 0.9",
        "image acme/gpt/latest --since 2h",
        "plot acme/gpt --keys val/loss --group-by config.lr --log-y",
        "image acme/gpt --scatter config.lr,val/loss",
    ),
    "top": ("top acme/gpt", "top acme/gpt --keys train/loss --total config.steps"),
    "media": (
        "media acme/gpt/latest",
        "media acme/gpt/latest --keys 'eval/*' --step all --out ./media",
    ),
    "system": ("system acme/gpt/latest", "system acme/gpt/latest --since 30m"),
    "logs": (
        "logs acme/gpt/latest",
        "logs acme/gpt/latest --grep 'error|warning' --topk 0",
        "logs acme/gpt/latest --follow",
    ),
    "files": (
        "files acme/gpt/latest",
        "files acme/gpt/latest 'ckpt/*' --out ./ckpt",
    ),
    "artifacts": ("artifacts acme/gpt", "artifacts acme/gpt/latest --types model"),
    "diff": (
        "diff acme/gpt/latest best",
        "diff acme/gpt/abc123 def456 --ignore seed",
    ),
    "sweep": ("sweep acme/gpt", "sweep acme/gpt/s1w2e3 --best val/loss:min --topk 10"),
    "events": (
        "events acme/gpt",
        "events acme/gpt --on failed,crashed,stalled",
        "events acme/gpt --best val/loss:min --attach summary,plot:val/loss,log:20",
    ),
    "alert": (
        "alert acme/gpt --when 'nan(train/loss)' --when 'train/loss > 5'",
        "alert acme/gpt --when 'val/loss > 2' --for 10m --backtest",
        "alert acme/gpt --suggest",
    ),
    "digest": ("digest acme/gpt", "digest acme/gpt --since 7d --best val/loss:min"),
    "why": ("why acme/gpt/latest", "why ./wandb/latest-run"),
    "history": ("history", "history acme/gpt --since 24h"),
    "experiment": (
        "experiment --script train.py 'lr=[0.1,0.01]' 'seed=[1,2]' --grid --jobs 2",
        "experiment --script train.py --random 20 'lr=log_uniform(1e-5,1e-2)' --detach",
    ),
    "experiments": ("experiments", "experiments 7", "experiments B3"),
    "wait": ("wait acme/gpt/abc123 --timeout 8h", "wait 7 8 --any"),
    "stop": ("stop 7", "stop B3"),
    "retry": ("retry 7", "retry B3 --failed"),
    "subscribe": (
        "subscribe nightly 'project acme/gpt --topk 5' --cron '0 9 * * *'",
        "subscribe failures 'events acme/gpt --on failed,crashed' --every 2m",
    ),
    "unsubscribe": ("unsubscribe nightly",),
    "run": ("run", "run nightly --dry-run"),
    "lines": ("lines reports.txt", "lines --check old-list.txt"),
    "daemon": ("daemon", "daemon watch.toml --json-logs"),
    "next": ("next", "next --topk 10"),
    "status": ("status", "status --metrics"),
    "hello": ("hello", "hello alerts"),
    "outbox": ("outbox", "outbox --retry", "outbox 12 --drop"),
    "mute": ("mute acme/gpt --for 6h --reason 'cluster maintenance'",),
    "unmute": ("unmute acme/gpt", "unmute --all"),
    "init": (
        "init",
        "init --project acme/gpt --webhook-env DISCORD_WEBHOOK --cron '0 9 * * *' -y",
    ),
    "check": ("check", "check watch.toml --online"),
    "login": ("login", "login --server https://wandb.acme.com"),
    "whoami": ("whoami",),
    "doctor": ("doctor", "doctor acme/gpt"),
    "service": ("service install --user", "service status"),
    "demo": ("demo",),
}
"""The examples of each command, without the program's name; the tests run them."""
