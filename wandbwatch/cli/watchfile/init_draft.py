"""Write a first watch.toml, and tell its owner the next steps."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wandbwatch import config
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar.lists import says_nothing
from wandbwatch.config import edit
from wandbwatch.config.secret import MACHINE
from wandbwatch.model.errors import LinesError, UsageError, printable
from wandbwatch.model.ports import Env
from wandbwatch.model.settings import Secret, SecretKind


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


_VARIABLE = """\
# The webhook's URL is in this environment variable, so that this file is no secret.
# { file = "…" } reads it from a file, { credential = "…" } from systemd."""
_URL = """\
# Whoever has this URL can post: keep this file to yourself (chmod 600), or write
# { env = "…" }, { file = "…" } or { credential = "…" } and keep it elsewhere."""
_CREDENTIAL = """\
# The service's unit hands over the file of this name in /etc/wandbwatch/credentials.
# By hand, root reads it there."""
_ABOUT = {
    SecretKind.ENV: _VARIABLE,
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
