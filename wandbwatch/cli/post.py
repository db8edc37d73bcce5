"""Post one line's reports to a channel at once, through the usual outbox."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from wandbwatch import plugins
from wandbwatch.config import paths, secret, webhook
from wandbwatch.config.load import Config, load
from wandbwatch.delivery import service
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Store
from wandbwatch.delivery.sender import BusyError
from wandbwatch.model.delivery import Message, MessageKind, QueuedMessage
from wandbwatch.model.errors import ConfigError, DeliveryError, NetworkError
from wandbwatch.model.report import Level, Report
from wandbwatch.model.settings import Channel

Post: TypeAlias = Mapping[str, Any]
FROM = "--to"
"""What stands for the subscription in the outbox."""
BUSY = 60.0
"""Seconds that the sender of a running daemon has for it before we go."""


def posted(
    reports: Iterator[Report], to: str, *, dry: Callable[[Post], str] | None
) -> Iterator[str]:
    """Post *reports* to the channel *to*; yield the outcome.

    The channel is checked before any run is read. Reports before an error are posted,
    then the error is raised. *dry* writes each post as text instead of posting it.
    """
    file = paths.config_file(None, os.environ)
    config = load(file, paths.local_zone(os.environ))
    channel = config.channel(to, "--to: ")
    if not dry:
        _check_webhook(channel)
    said: list[Report] = []
    errors: list[Exception] = []
    try:
        said.extend(reports)
    except Exception as e:  # noqa: BLE001 -- raised again below
        errors.append(e)
    messages: Sequence[Message] = ()
    if said:
        messages = plugins.load("wandbwatch.renderers", "discord")(said)
    if dry:
        for message in messages:
            yield dry(service.shown(message, Level.INFO, channel))
    elif messages:
        state = paths.state_directory(config.daemon, file, os.environ)
        yield _sent(messages, channel, config, state)
    if errors:
        raise errors[0]


def _check_webhook(channel: Channel) -> None:
    """Raise ConfigError if the webhook is missing or invalid: nothing can be sent."""
    try:
        webhook.read(secret.read(channel.webhook), any_host=channel.any_host)
    except ConfigError as e:
        raise ConfigError([f"--to {channel.name}: {e.complaints[0]}"]) from None


def _sent(
    messages: Sequence[Message], channel: Channel, config: Config, state: Path
) -> str:
    """Queue *messages* in the outbox, send them, and report the outcome."""
    slot = datetime.now(UTC)
    with closing(Store(state)) as store:
        outbox = Outbox(store)
        with outbox.round() as round_:
            for sequence, message in enumerate(messages):
                queued = QueuedMessage(
                    channel.name, FROM, slot, sequence, message, MessageKind.EVENT
                )
                round_.enqueue(queued)
        try:
            service.send(config, state, threading.Event(), once=True)
        except BusyError:
            _wait(outbox, slot)
        if not outbox.settled(FROM, slot):
            raise _why_not(OutboxAdmin(store), channel, slot)
    count = f"{len(messages)} message{'s' if len(messages) > 1 else ''}"
    return f"posted to {channel.name}: {count}"


def _wait(outbox: Outbox, slot: datetime) -> None:
    """Wait for a running daemon's sender to send them."""
    give_up = time.monotonic() + BUSY
    while not outbox.settled(FROM, slot) and time.monotonic() < give_up:
        time.sleep(0.2)


def _why_not(admin: OutboxAdmin, channel: Channel, slot: datetime) -> Exception:
    for stop in admin.stopped():
        if stop.channel == channel.name:
            return DeliveryError(
                f"{channel.name}: stopped: {stop.reason};"
                f" `wandbwatch hello {channel.name}` tries it again"
            )
    for entry in admin.failed():
        if (entry.subscription, entry.slot) == (FROM, slot):
            return DeliveryError(f"{channel.name}: not accepted: {entry.reason}")
    reasons = {e.reason for e in admin.waiting() if e.slot == slot and e.reason}
    why = "; ".join(sorted(reasons)) or "other messages are ahead of it"
    return NetworkError(
        f"{channel.name}: not posted yet: {why}; it waits in the outbox"
        " for the daemon, or the next `wandbwatch run`"
    )
