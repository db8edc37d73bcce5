"""The test messages of ``hello``."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from wandbwatch import plugins
from wandbwatch.config.load import Config
from wandbwatch.config.paths import opened
from wandbwatch.delivery import service
from wandbwatch.delivery.outbox import OutboxAdmin, Queue, SendResults, Store
from wandbwatch.delivery.sender import BusyError
from wandbwatch.delivery.sender.delivery import (
    DEFAULT_NAMES,
    resolve_name,
    resolve_thread,
)
from wandbwatch.model.delivery import Delivered, Message, Outcome, Sink, words
from wandbwatch.model.errors import DeliveryError, StateError
from wandbwatch.model.report import Level, Note, Report, Table
from wandbwatch.model.settings import Channel

HELLO = "wandbwatch can post here. This is a test message."


def post(channels: Sequence[str], file: Path | None) -> Iterator[Report]:
    """Post to the *channels* of *file*, and resume those that received the message."""
    _, read, directory = opened(file, os.environ)
    wanted = [read.channel(name) for name in channels or read.channels]
    sink: Sink = plugins.load("wandbwatch.delivery", "discord")()
    notes: list[str] = []
    store = None
    if (directory / "state.db").exists():
        try:
            store = Store(directory)
        except StateError as e:  # the service's own, perhaps
            notes.append(f"{e}; stopped channels stay stopped")
    said = {channel.name: _greet(channel, sink, store) for channel in wanted}
    if store:
        with closing(store):
            notes += _send_waiting(store, [n for n in said if _good(said[n])], read)
    yield report(said, notes)
    if bad := [name for name, outcome in said.items() if not _good(outcome)]:
        raise DeliveryError(f"not posted to: {', '.join(bad)}; see above")


def _send_waiting(
    store: Store, channels: Sequence[str], config: Config
) -> Iterator[str]:
    """Send the queued messages of the channels that accept posts."""
    admin = OutboxAdmin(store)
    if not sum(map(admin.send_now, channels)):
        return
    try:
        service.send(config, store.path.parent, threading.Event(), once=True)
    except BusyError:
        yield "the daemon's sender now sends what waited"
        return
    left = [e for e in admin.waiting() if e.channel in channels]
    yield f"{len(left)} messages still wait" if left else "sent what waited"


def report(said: Mapping[str, Outcome], notes: list[str]) -> Report:
    """Tabulate the outcome of each channel's test message."""
    rows = tuple((name, words(outcome)) for name, outcome in said.items())
    level = Level.GOOD if all(map(_good, said.values())) else Level.BAD
    table = Table("channels", ("channel", "answer"), rows)
    return Report("hello", "hello", (table, *map(Note, notes)), level)


def _greet(channel: Channel, sink: Sink, store: Store | None) -> Outcome:
    where = channel
    if store:
        where = resolve_name(resolve_thread(channel, Queue(store)), Queue(store))
    message = Message(json.dumps({"content": HELLO}))
    outcome = sink.post(message, where, edit=None)
    if store and isinstance(outcome, Delivered):
        admin = OutboxAdmin(store)
        if where.thread_name and outcome.channel_id:
            admin.opened(channel.name, where.thread_name, outcome.channel_id)
        admin.resume(channel.name)
        if not where.username and outcome.name in DEFAULT_NAMES:
            SendResults(store).named(channel.name, default=True)
    return outcome


def _good(outcome: Outcome) -> bool:
    return isinstance(outcome, Delivered)
