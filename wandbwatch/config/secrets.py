"""What is unwise about the secrets that a configuration names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from wandbwatch.config.accounts import Settings
from wandbwatch.config.complaints import Complaints
from wandbwatch.config.lines import KeyPath
from wandbwatch.model.channel import Channel, Secret, SecretKind
from wandbwatch.model.subscription import AccountConfig

Missing = Callable[[Secret], str | None]
"""Says why a secret is not to be had here, or None if it is."""
_OPEN = (
    "other users can read it here: chmod 600 the file,"
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
