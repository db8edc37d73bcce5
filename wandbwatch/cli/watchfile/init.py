"""The questions of ``init``, and the watch.toml that it drafts."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from wandbwatch import config
from wandbwatch.analysis.objective import metrics_of
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar.lists import says_nothing
from wandbwatch.cli.watchfile import interval
from wandbwatch.config import edit, values
from wandbwatch.config import webhook as webhooks
from wandbwatch.config.secret import MACHINE
from wandbwatch.formatting.numbers import age, parse_positive_duration
from wandbwatch.model.errors import LinesError, UsageError, WandbwatchError, printable
from wandbwatch.model.ports import Env, ListedProject
from wandbwatch.model.query import Query
from wandbwatch.model.settings import Secret, SecretKind
from wandbwatch.options import project_address, runs_here

_VARIABLE = "WANDBWATCH_WEBHOOK"
_SHOWN = 15
"""Projects that are listed at most."""
_SAMPLE = 10
"""Runs that the metric is chosen by."""
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

Ask = Callable[[str, str, Callable[[str], object]], str]
"""Asks a question with a default until a check takes the answer."""


def on_terminal(question: str, default: str, check: Callable[[str], object]) -> str:
    def read(text: str) -> str:
        try:
            check(text.strip())
        except (WandbwatchError, ValueError) as e:
            raise typer.BadParameter(str(e)) from e
        return text.strip()

    answer: str = typer.prompt(question, default=default, value_proc=read)
    return answer


def nobody(_question: str, default: str, _check: Callable[[str], object]) -> str:
    return default


def name(option: str, given: str) -> str:
    """Return the name that *option* gives; UsageError for an invalid name."""
    try:
        return values.name(given)
    except ValueError as e:
        raise UsageError(f"{option}: {e}") from e


def webhook(variable: str | None, credential: str | None, ask: Ask) -> Secret:
    """Return the place of the webhook's URL; raises UsageError."""
    if credential is not None:
        if variable is not None:
            raise UsageError("the URL is in either --webhook-env or --credential")
        return Secret(SecretKind.CREDENTIAL, name("--credential", credential))
    if variable is None:
        question = "The webhook's URL, or the environment variable that holds it"
        answer = ask(question, _VARIABLE, _check_webhook)
        return Secret(SecretKind.PLAIN if "://" in answer else SecretKind.ENV, answer)
    if not _NAME.fullmatch(variable):
        raise UsageError("--webhook-env: the name of a variable, not what it holds")
    return Secret(SecretKind.ENV, variable)


def _check_webhook(text: str) -> None:
    if "://" in text:
        webhooks.read(text)
    elif not _NAME.fullmatch(text):
        raise ValueError("neither the name of a variable nor a URL")


def project(given: str | None, ask: Ask, env: Env) -> str:
    """Return the address of the project to report on."""
    if given:
        return given
    known = _projects(env) if ask is on_terminal else ()
    for number, one in enumerate(known, 1):
        typer.echo(f"{number:>3}  {one}{_activity(one, env)}")

    def meant(text: str) -> str:
        listed = text.isdecimal() and 0 < int(text) <= len(known)
        return str(known[int(text) - 1]) if listed else text

    question, default = "Whose runs to list (ENTITY/PROJECT, or a directory)", _meant()
    if known:
        question, default = "Which project (its number, or ENTITY/PROJECT)", "1"
    answer = ask(question, default, lambda t: grammar.parse(listing(meant(t)), env))
    return meant(answer)


def _meant() -> str:
    """Return what is most likely meant: W&B's variables, the runs here, or an example.

    A command line has its path in full, as a daemon may run it elsewhere.
    """
    named = os.environ.get("WANDB_PROJECT")
    if not named and runs_here():
        return str(Path.cwd())
    return f"{os.environ.get('WANDB_ENTITY') or 'entity'}/{named or 'project'}"


def _projects(env: Env) -> Sequence[ListedProject]:
    """Return the user's projects, latest active first; none without an account."""
    try:
        return env.account().projects("", None)[:_SHOWN]
    except WandbwatchError:
        return ()


def _activity(one: ListedProject, env: Env) -> str:
    said = [] if one.runs is None else [f"{one.runs} runs"]
    said += [f"active {age(one.active, env.now())}"] if one.active else []
    return f" ({', '.join(said)})" if said else ""


def listing(address: str) -> str:
    """Return the line that lists a project's runs."""
    return f"project {shlex.quote(address)} --topk 5"


def commands(address: str, env: Env) -> list[str]:
    """Return the lines of a first subscription: the runs, and a plot of the main
    metric if the project is reachable."""
    metrics = _metrics(address, env)
    if not metrics:
        return [listing(address)]
    quoted = shlex.quote(",".join(key.replace(",", "\\,") for key in metrics))
    return [
        f"{listing(address)} --keys {quoted}",
        f"image {shlex.quote(address)} --keys {quoted}",
    ]


def _metrics(address: str, env: Env) -> tuple[str, ...]:
    try:
        source = env.source(project_address(address))
        runs = source.runs(Query(limit=_SAMPLE, config=())).runs
    except (WandbwatchError, typer.BadParameter):
        return ()
    return metrics_of(runs)


def when(cron: str | None, span: str | None, default: str, ask: Ask) -> tuple[str, str]:
    """Return ``cron`` or ``interval``, and its value."""
    if cron is not None and span is not None:
        raise UsageError("say when with either --cron or --every")
    if span is not None:
        return ("interval", span)
    if cron is not None:
        return ("cron", cron)
    question = "When (cron, @hourly or 60m)"
    return _when(ask(question, default, _when))


def _when(text: str) -> tuple[str, str]:
    text = interval(text)
    try:
        parse_positive_duration(text)
    except ValueError:
        values.cron(text)
        return ("cron", text)
    return ("interval", text)


_EVERY = {86400.0: "daily", 3600.0: "hourly"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NICKNAMES = ("hourly", "daily", "weekly", "monthly", "yearly")


def named(when: tuple[str, str]) -> str:
    """Name a subscription by its schedule: ``daily``, ``weekdays-9``, ``every-30m``."""
    kind, said = when
    if kind == "interval":
        seconds = parse_positive_duration(said).total_seconds()
        return _EVERY.get(seconds) or f"every-{''.join(said.split())}"
    fields = said.lower().removeprefix("@").split()
    if len(fields) != 5:  # noqa: PLR2004 -- minute, hour, day, month, weekday
        known = {"midnight": "daily", "annually": "yearly"}
        word = known.get(fields[0], fields[0]) if fields else ""
        return word if word in _NICKNAMES else "reports"
    return _of_cron(*fields)


def _of_cron(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    if (day, month) != ("*", "*"):
        return "monthly" if day.isdecimal() and month == "*" else "reports"
    if weekday != "*":
        days = {"mon-fri": "weekdays", "1-5": "weekdays"}.get(weekday, "")
        days = days or (weekday if weekday in _DAYS else "weekly")
        return f"{days}-{hour}" if hour.isdecimal() else days
    if hour.isdecimal() and minute.isdecimal():
        return "daily"
    if re.fullmatch(r"\*/\d+", minute) and hour == "*":
        return f"every-{minute[2:]}m"
    if re.fullmatch(r"\*/\d+", hour) and minute.isdecimal():
        return f"every-{hour[2:]}h"
    return "hourly" if hour == "*" and minute.isdecimal() else "reports"


@dataclass(frozen=True)
class Wishes:
    """The contents of a first file."""

    webhook: Secret
    commands: Sequence[str]
    """Lines in today's form, comments among them."""
    when: tuple[str, str]
    """``cron`` or ``interval``, and what it says."""
    channel: str = "discord"
    name: str = "daily"
    zone: str = "UTC"

    @property
    def is_private(self) -> bool:
        """Whether only the owner may read the file; not so for a systemd service."""
        return self.webhook.kind is not SecretKind.CREDENTIAL


def draft(wishes: Wishes) -> str:
    """Write the file."""
    kind = wishes.webhook.kind
    webhook = edit.quoted(wishes.webhook.place)
    is_url = kind is SecretKind.PLAIN
    key, when = wishes.when
    return _FILE.format(
        schema=(Path(config.__file__).parent / "watch.schema.json").as_uri(),
        zone=edit.quoted(wishes.zone),
        about=_ABOUT[kind],
        channel=wishes.channel,
        webhook=webhook if is_url else f"{{ {kind.value} = {webhook} }}",
        name=edit.quoted(wishes.name),
        quoted_channel=edit.quoted(wishes.channel),
        when=f"{key} = {edit.quoted(when)}",
        other='interval = "60m"' if key == "cron" else 'cron = "0 9 * * mon-fri"',
        commands="".join(f"  {_item(line)}\n" for line in wishes.commands),
    )


def what_next(wishes: Wishes, path: Path) -> str:
    """Return the owner's next steps after the file is written."""
    at = "" if str(path) == "watch.toml" else f" {shlex.quote(str(path))}"
    to = f" --config{at}" if at else ""
    steps = [f"wandbwatch hello{to}", f"wandbwatch daemon{at}"]
    where = wishes.webhook.place
    if wishes.webhook.kind is SecretKind.ENV:
        url = "https://discord.com/api/webhooks/…"
        steps.insert(0, f"export {where}='{url}'")
    elif wishes.webhook.kind is SecretKind.CREDENTIAL:
        credential = shlex.quote(str(MACHINE / where))
        steps = [
            f"install -D -m 600 /dev/stdin {credential}    # its URL, then ^D",
            f"wandbwatch hello{to}",
            "wandbwatch service install",
        ]
    return "\n  ".join([f"{path}: written. Next:", *steps])


def taken_over(lines: Sequence[str], env: Env) -> list[str]:
    """Translate a list, in the older bot's grammar or today's, to today's.

    Raises LinesError with all errors; UsageError for a list without a command.
    """
    complaints, found = [], []
    for number, line in enumerate(lines, 1):
        try:
            found.append(line if says_nothing(line) else _modern(line, env))
        except UsageError as e:
            complaints.append(f"line {number}: {e}")
    if complaints:
        raise LinesError(complaints)
    if all(says_nothing(line) for line in found):
        raise UsageError("the list has no command in it")
    return [line for line in found if line.strip()]


def _modern(line: str, env: Env) -> str:
    grammar.parse(line, env)
    return grammar.modern(line)


def _item(line: str) -> str:
    if says_nothing(line):
        return printable(line.strip())
    return f"{edit.quoted(line)},"


_FROM_VARIABLE = """\
# The webhook's URL is in this environment variable, so that this file is no secret.
# { file = "…" } reads it from a file, { credential = "…" } from systemd."""
_URL = """\
# Whoever has this URL can post: keep this file to yourself (chmod 600), or write
# { env = "…" }, { file = "…" } or { credential = "…" } and keep it elsewhere."""
_CREDENTIAL = """\
# The service's unit hands over the file of this name in /etc/wandbwatch/credentials.
# By hand, root reads it there."""
_ABOUT = {
    SecretKind.ENV: _FROM_VARIABLE,
    SecretKind.PLAIN: _URL,
    SecretKind.CREDENTIAL: _CREDENTIAL,
}
_FILE = """\
#:schema {schema}
# What wandbwatch posts when, and where. After a change:
#   wandbwatch check    lists every mistake at once
#   wandbwatch next     shows when each list runs next
# watch.toml.example explains every setting.

timezone = {zone}

# In Discord: the channel's settings, Integrations, Webhooks, Copy Webhook URL.
{about}
[channels.{channel}]
webhook = {webhook}
username = "wandbwatch"
# mention = "@here"          # pinged for bad news only
# quiet = "22:00-08:00"      # posts are held, bad news passes, one digest comes after

# Lists of what you would type after `wandbwatch`. `wandbwatch subscribe` adds one.
[[subscriptions]]
name = {name}
channel = {quoted_channel}
{when}
# {other}  # instead
commands = [
{commands}]
# mode = "edit"              # one message that is kept up to date
# skip_unchanged = true      # post nothing if nothing is new
"""
