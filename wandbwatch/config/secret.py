"""Read secrets from the places that watch.toml names."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from wandbwatch.config import redaction, values, webhook
from wandbwatch.config.lines import Complaints, KeyPath
from wandbwatch.config.sections import Settings, api_key
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import AccountConfig, Channel, Secret, SecretKind

MACHINE = Path("/etc/wandbwatch/credentials")
"""Whose files systemd hands to the machine's own service; root reads them there."""
_LONGEST = 64 << 10
_DIRECTORY = "wandbwatch_"
"""What systemd puts before the name of each file of a directory: its credential's ID,
which is ours in the units (`LoadCredential=wandbwatch:DIRECTORY`)."""


def read(
    secret: Secret, environ: Mapping[str, str] = os.environ, machine: Path = MACHINE
) -> str:
    """Return the secret itself; all logs redact it from now on.

    Outside a service a credential is read from *machine*, so that root can try
    by hand what the service does.
    Raises ConfigError, without any part of the secret, if it can't be read.
    """
    text = _found(secret, environ, machine).strip()
    if not text:
        raise ConfigError([f"{secret}: {_missing(secret)}"])
    redaction.hide(text)
    return text


def _found(secret: Secret, environ: Mapping[str, str], machine: Path) -> str:
    match secret.kind:
        case SecretKind.PLAIN:
            return secret.place
        case SecretKind.ENV:
            return environ.get(secret.place, "")
        case SecretKind.FILE:
            return _file(Path(secret.place).expanduser(), secret)
        case SecretKind.CREDENTIAL:
            return _file(_credential(secret, environ, machine), secret)


def _missing(secret: Secret) -> str:
    if secret.kind is SecretKind.ENV:
        return "not set in the environment; set it where wandbwatch is started"
    return "it is empty"


def _credential(secret: Secret, environ: Mapping[str, str], machine: Path) -> Path:
    if Path(secret.place).name != secret.place:
        raise ConfigError([f"{secret}: a credential is a name, not a path"])
    given = environ.get("CREDENTIALS_DIRECTORY")
    directory = Path(given) if given else machine
    for name in (secret.place, _DIRECTORY + secret.place):
        if os.path.exists(directory / name):  # noqa: PTH110 -- False where unreadable
            return directory / name
    words = "no credentials here; systemd passes them only to its service"
    if given:
        words = (
            "systemd has no credential of this name; see LoadCredential= in the unit"
        )
    raise ConfigError([f"{secret}: {words}"])


def _file(path: Path, secret: Secret) -> str:
    try:
        # Opening a FIFO would block until somebody writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnfitError([f"{secret}: not a regular file"])
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise UnfitError([f"{secret}: too large for a secret"])
        return content.decode()
    except OSError as e:
        raise ConfigError([f"{secret}: {e.strerror}; check the path"]) from e
    except UnicodeDecodeError:
        raise UnfitError([f"{secret}: not text"]) from None


class UnfitError(ConfigError):
    """What is there can't be a secret."""


Reader = Callable[[Secret], str | None]
"""Returns a secret, None where it is not looked for; ConfigError if it is missing."""
_OPEN = (
    "other users can read it: chmod 600 the file,"
    ' or write { env = "…" } or { file = "…" }'
)
_OTHERS = stat.S_IRGRP | stat.S_IROTH
Judge = Callable[[str], object]
"""Raises ConfigError or ValueError for a secret of the wrong form."""
Named = Iterator[tuple[KeyPath, Secret | None, Judge]]


def named(
    channels: Mapping[str, Channel],
    accounts: Mapping[str, AccountConfig],
    daemon: Settings,
) -> Named:
    """Yield every secret with the path of its setting, and the check of its form."""
    for name, channel in channels.items():
        judge = partial(webhook.read, any_host=channel.any_host)
        yield ("channels", name, "webhook"), channel.webhook, judge
    for name, account in accounts.items():
        yield ("accounts", name, "api_key"), account.api_key, api_key
    yield ("daemon", "dead_man"), daemon.dead_man, values.web_address


def judge(
    secrets: Named, complaints: Complaints, reader: Reader | None, *, is_open: bool
) -> None:
    """Complain about malformed secrets; warn about missing and exposed ones."""
    for path, secret, judge_ in secrets:
        if secret is None:
            continue
        if secret.kind is SecretKind.PLAIN:
            if is_open:
                complaints.warn(path, _OPEN)
        elif reader is not None:
            _judge(path, secret, judge_, complaints, reader)


def _judge(
    path: KeyPath, secret: Secret, judge_: Judge, complaints: Complaints, reader: Reader
) -> None:
    try:
        text = reader(secret)
    except UnfitError as e:
        complaints.add(path, e.complaints[0])
        return
    except ConfigError as e:
        complaints.warn(path, e.complaints[0])
        return
    if secret.kind is SecretKind.FILE and _open_to_others(secret):
        complaints.warn(path, f"{secret}: other users can read it: chmod 600 the file")
    try:
        if text is not None:
            judge_(text)
    except ConfigError as e:
        complaints.add(path, f"{secret}: {e.complaints[0]}")
    except ValueError as e:
        complaints.add(path, f"{secret}: {e}")


def _open_to_others(secret: Secret) -> bool:
    try:
        return bool(Path(secret.place).expanduser().stat().st_mode & _OTHERS)
    except OSError:
        return False
