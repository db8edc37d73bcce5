"""Send the messages in the outbox; the only place that retries."""

from wandbwatch.delivery.sender.decision import RateBuckets, SenderContext
from wandbwatch.delivery.sender.delivery import resolve_thread
from wandbwatch.delivery.sender.sender import BusyError, Sender, Timekeeper, alone

__all__ = [
    "BusyError",
    "RateBuckets",
    "Sender",
    "SenderContext",
    "Timekeeper",
    "alone",
    "resolve_thread",
]
