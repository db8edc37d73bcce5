"""The sender made of the real parts: what waits in a state goes out to Discord."""

from __future__ import annotations

import importlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from wandbwatch import plugins
from wandbwatch.config import secret, webhook
from wandbwatch.config.load import Config
from wandbwatch.delivery.outbox import Store
from wandbwatch.delivery.sender import (
    RateBuckets,
    Sender,
    SenderContext,
    Timekeeper,
    alone,
)
from wandbwatch.model.cell import Level
from wandbwatch.model.delivery import Message, Sink, Wording
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import Channel


def send(
    config: Config,
    state: Path,
    ending: threading.Event,
    *,
    once: bool,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Send what waits in *state* until nothing does or *ending* is set.

    *once*: end when nothing can be sent soon. *alive* is called now and then, while
    no channel hangs. BusyError when another sender is at work, StateError.
    """
    discord = plugins.load("wandbwatch.delivery", "discord")()
    sink: Sink = discord
    wording = _wording()
    clock = Timekeeper(ZoneInfo(config.zone), ending)
    with alone(state):
        store = Store(state)
        try:
            buckets = RateBuckets(store)
            context = SenderContext(
                store,
                sink,
                wording,
                clock,
                buckets,
                ending.is_set,
                once=once,
                keep=config.keep,
                webhook_name=discord.name,
                unusable=_unusable if once else lambda _: "",
            )
            Sender(context, config.channels, alive).run()
        finally:
            store.close()


def _unusable(channel: Channel) -> str:
    """Say why a channel has no webhook: it is unset or invalid, or can't be read."""
    try:
        webhook.read(secret.read(channel.webhook), any_host=channel.any_host)
    except ConfigError as e:
        return str(e)
    return ""


def _wording() -> Wording:
    """Load both by name: plugins are imported by nobody."""
    renderer: Any = importlib.import_module("wandbwatch.renderers.discord")
    sink: Any = importlib.import_module("wandbwatch.delivery.discord")
    return Wording(renderer.mention, renderer.duplicate, renderer.plain, sink.join)


def shown(message: Message, level: Level, channel: Channel) -> dict[str, Any]:
    """Return what would be posted of *message*, without the webhook's token."""
    if level.rank >= channel.ping.rank and channel.mention:
        message = _wording().mention(message, channel.mention)
    said: dict[str, Any] = plugins.load("wandbwatch.delivery", "discord")().shown(
        message, channel
    )
    return {"channel": channel.name, **said}


def ended_by_signals() -> threading.Event:
    """Return what SIGTERM and SIGINT set: the send on its way is the last one."""
    ending = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ending.set())
    return ending


def heartbeat(stream: int, ending: threading.Event) -> Callable[[], None]:
    """Return what writes a line to the file descriptor *stream*: a sign of life.

    When nobody is there to read it any more, *ending* is set. A terminal has people
    before it, who can do without.
    """
    os.set_blocking(stream, os.isatty(stream))

    def beat() -> None:
        try:
            if not os.isatty(stream):
                os.write(stream, b"\n")
        except BlockingIOError:
            pass  # so much of it is unread that more says nothing
        except OSError:
            ending.set()

    return beat
