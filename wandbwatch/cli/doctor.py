"""Check this machine, its configuration, its webhooks and its W&B server."""

from __future__ import annotations

import json
import os
import platform
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wandbwatch
from wandbwatch import plugins
from wandbwatch.cli.watchfile import load
from wandbwatch.config import paths, secret
from wandbwatch.config.redaction import hide, redact
from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Delivered, words
from wandbwatch.model.errors import ConfigError, ExitCode, WandbwatchError
from wandbwatch.model.ports import Finding
from wandbwatch.model.report import Note, Report, Table

if TYPE_CHECKING:
    from wandbwatch.config.load import Config
    from wandbwatch.delivery.discord import Discord
    from wandbwatch.model.ports import Env

_SCRIPTS = {"Latin": "é", "Greek": "\u03b1", "Chinese": "训", "Japanese": "あ"}
_SCRIPTS |= {"Korean": "한"}
_SIGNED = re.compile(r'(https?://[^"\\\s?]*)\?[^"\\\s]*')
"""A URL with a query: a signature in it lets anybody fetch the file."""
_SHOWN_HEADERS = ("date", "server", "content-type", "retry-after", "ratelimit")


class DoctorError(WandbwatchError):
    """A check failed."""

    def __init__(self, bad: Sequence[Finding]) -> None:
        names = ", ".join(one.what for one in bad)
        super().__init__(f"{_problems(len(bad))}: {names}; see above")
        self.exit_code = bad[0].error or ExitCode.OURS


def findings(
    env: Env, address: Address | None, given: Path | None, transcript: Path | None
) -> Iterator[Finding]:
    """Run every check, even if others fail."""
    yield from _machine()
    yield from _configuration(given, env)
    yield from _server(address, transcript)


def report(found: Sequence[Finding], transcript: Path | None) -> Report:
    rows = tuple((f.what, "ok" if f.error is None else "wrong", f.said) for f in found)
    bad = sum(one.error is not None for one in found)
    title = f"doctor: {_problems(bad)}" if bad else "doctor: all is well"
    blocks: tuple[Table | Note, ...] = (
        Table("checks", ("what", "result", "found"), rows),
    )
    if transcript:
        what = "the names, values and files of the runs it asked about"
        blocks += (Note(f"saved the server's answers in {transcript}; it has {what}"),)
    return Report("doctor", title, blocks, Level.BAD if bad else Level.GOOD)


def _problems(count: int) -> str:
    return f"{count} problem{'' if count == 1 else 's'}"


def _machine() -> Iterator[Finding]:
    yield Finding("wandbwatch", wandbwatch.__version__)
    yield Finding("Python", f"{platform.python_version()} on {platform.system()}")
    from wandbwatch.plots.words import fonts_for  # noqa: PLC0415 (it takes long to import)

    lacking = [name for name, sign in _SCRIPTS.items() if fonts_for([sign]).missing]
    said = f"none for {', '.join(lacking)}: such names have boxes in plots"
    yield Finding("fonts", said if lacking else "for the names of all scripts checked")
    yield Finding("time zone", paths.local_zone(os.environ))


def _configuration(given: Path | None, env: Env) -> Iterator[Finding]:
    try:
        path = load.found(given)
        read = load.configured(path, env, load.Secrets.OURS)
    except ConfigError as e:
        missing = given is None and not any(
            place.exists() for place in map(Path, paths.looked_at(os.environ))
        )
        what = "none; `wandbwatch init` writes one" if missing else "; ".join(e.lines)
        yield Finding("watch.toml", what, None if missing else e.exit_code)
        return
    yield Finding("watch.toml", str(path))
    for warning in read.warnings:
        yield Finding("watch.toml", f"warning: {warning}")
    yield _state(paths.state_directory(read.daemon, path, os.environ))
    yield from _webhooks(read)
    yield from _accounts(read)


def _state(directory: Path) -> Finding:
    database = directory / "state.db"
    if not directory.exists():
        return Finding("state", f"{directory}: made when it is needed")
    if not os.access(directory, os.W_OK | os.X_OK):
        return Finding("state", f"{directory} is not writable", ExitCode.OURS)
    if database.exists() and stat.S_IMODE(database.stat().st_mode) & 0o077:
        said = f"{database} can be read by others; `chmod 600` it"
        return Finding("state", said, ExitCode.OURS)
    return Finding("state", str(directory))


def _webhooks(read: Config) -> Iterator[Finding]:
    sink: Discord = plugins.load("wandbwatch.delivery", "discord")()
    for channel in read.channels.values():
        outcome = sink.probe(channel)
        fine = isinstance(outcome, Delivered)
        said = "its webhook is there" if fine else words(outcome)
        error = None if fine else ExitCode.NETWORK
        yield Finding(f"channel {channel.name}", said, error)


def _accounts(read: Config) -> Iterator[Finding]:
    for name, account in read.accounts.items():
        try:
            if account.api_key:
                secret.read(account.api_key, os.environ)
        except ConfigError as e:
            yield Finding(f"account {name}", "; ".join(e.lines), e.exit_code)
        else:
            yield Finding(f"account {name}", account.base_url or "its key is set")


def _server(address: Address | None, transcript: Path | None) -> Iterator[Finding]:
    if address is not None and not isinstance(address, Cloud):
        yield Finding("project", f"{address} is local: no server is needed")
        return
    hide(os.environ.get("WANDB_API_KEY", ""))
    exchanges: list[str] = []

    def record(exchange: Mapping[str, Any]) -> None:
        headers = {
            name: text
            for name, text in exchange["headers"].items()
            if name.lower().startswith(_SHOWN_HEADERS)
        }
        line = json.dumps({**exchange, "headers": headers}, ensure_ascii=False)
        exchanges.append(_SIGNED.sub(r"\1?…", redact(line)))

    source = plugins.load("wandbwatch.sources", "cloud")
    yield from source.examine(address or Cloud(), record if transcript else None)
    if transcript:
        _save(transcript, exchanges)


def _save(path: Path, lines: Sequence[str]) -> None:
    path.touch(mode=0o600)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
