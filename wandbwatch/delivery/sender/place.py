"""Where in a channel a message goes."""

from __future__ import annotations

from dataclasses import replace

from wandbwatch.delivery.outbox import Queue
from wandbwatch.model.channel import Channel


def resolve_thread(channel: Channel, queue: Queue) -> Channel:
    """Return *channel* with the thread that we have opened for its name, if any."""
    if channel.thread_id or not channel.thread_name:
        return channel
    known = queue.thread(channel.name, channel.thread_name)
    return replace(channel, thread_id=known, thread_name=None) if known else channel
