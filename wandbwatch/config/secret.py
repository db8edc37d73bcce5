"""Read secrets from the places that watch.toml names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from wandbwatch.config import redaction
from wandbwatch.config.channels import Settings
from wandbwatch.config.complaints import Complaints
from wandbwatch.config.lines import KeyPath
from wandbwatch.model.channel import Channel, Secret, SecretKind
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.subscription import AccountConfig

MACHINE = Path("/etc/wandbwatch/credentials")
"""Whose files systemd hands to the machine's own service; root reads them there."""
_LONGEST = 64 << 10
_DIRECTORY = "wandbwatch_"
"""What systemd puts before the name of each file of a directory: its credential's ID,
which is ours in the units (`LoadCredential=wandbwatch:DIRECTORY`)."""


def read(
    secret: Secret, environ: Mapping[str, str] = os.environ, machine: Path = MACHINE
) -> str:
    """Return the secret itself, which no log will show from now on.

    Outside of a service a credential is looked for in *machine*, so that root can try
    by hand what the service does.
    ConfigError, with no word of it, when it is not to be had.
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
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise ConfigError([f"{secret}: too large for a secret"])
        return content.decode()
    except OSError as e:
        raise ConfigError([f"{secret}: {e.strerror}; check the path"]) from e
    except UnicodeDecodeError:
        raise ConfigError([f"{secret}: not text"]) from None


Missing = Callable[[Secret], str | None]
"""Says why a secret is not to be had here, or None if it is."""
_OPEN = (
    "other users can read it: chmod 600 the file,"
    ' or write { env = "…" } or { file = "…" }'
)
Named = Iterator[tuple[KeyPath, Secret | None]]


def named(
    channels: Mapping[str, Channel],
    accounts: Mapping[str, AccountConfig],
    daemon: Settings,
) -> Named:
    """Yield every secret with the path of its setting."""
    for name, channel in channels.items():
        yield ("channels", name, "webhook"), channel.webhook
    for name, account in accounts.items():
        yield ("accounts", name, "api_key"), account.api_key
    yield ("daemon", "dead_man"), daemon.dead_man


def warn(
    secrets: Named, complaints: Complaints, missing: Missing | None, *, is_open: bool
) -> None:
    """Warn of plain secrets that others can read, and of those that are *missing*."""
    for path, secret in secrets:
        if secret is None:
            continue
        if secret.kind is SecretKind.PLAIN:
            if is_open:
                complaints.warn(path, _OPEN)
        elif missing is not None and (why := missing(secret)):
            complaints.warn(path, why)
