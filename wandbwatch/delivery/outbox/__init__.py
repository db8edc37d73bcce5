"""What waits to be told, and what the commands remember: one SQLite file.

`Outbox` is the jobs' side; `Queue`, `Endings` and `Held` are the sender's, `Desk`
the operator's. All stand on one `Store`. Standard library only: the idle daemon
has it open.
"""

from wandbwatch.delivery.outbox.borrowing import borrow_memory
from wandbwatch.delivery.outbox.desk import Desk, Entry, Stop
from wandbwatch.delivery.outbox.endings import Endings
from wandbwatch.delivery.outbox.jobs import Outbox, Round
from wandbwatch.delivery.outbox.queue import Queue
from wandbwatch.delivery.outbox.quiet import Held
from wandbwatch.delivery.outbox.rows import Waiting
from wandbwatch.delivery.outbox.store import Store

__all__ = [
    "Desk",
    "Endings",
    "Entry",
    "Held",
    "Outbox",
    "Queue",
    "Round",
    "Stop",
    "Store",
    "Waiting",
    "borrow_memory",
]
