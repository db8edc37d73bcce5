"""The outbox and the commands' memory: one SQLite file.

`Outbox` is for jobs, `Queue` and `SendResults` for the sender, `OutboxAdmin` for
commands. All use one `Store`. Standard library only: the idle daemon keeps it open.
"""

from wandbwatch.delivery.outbox.history import (
    Backlog,
    History,
    HistoryEntry,
    OutboxAdmin,
    OutboxEntry,
    StoppedChannel,
)
from wandbwatch.delivery.outbox.jobs import Outbox, RoundWriter
from wandbwatch.delivery.outbox.queue import Queue, SendResults
from wandbwatch.delivery.outbox.rows import Waiting
from wandbwatch.delivery.outbox.store import Store, copy_memory

__all__ = [
    "Backlog",
    "History",
    "HistoryEntry",
    "Outbox",
    "OutboxAdmin",
    "OutboxEntry",
    "Queue",
    "RoundWriter",
    "SendResults",
    "StoppedChannel",
    "Store",
    "Waiting",
    "copy_memory",
]
