"""Take letters out of the outbox and send them: the only retry there is."""

from wandbwatch.delivery.sender.context import SenderContext
from wandbwatch.delivery.sender.delivery import resolve_thread
from wandbwatch.delivery.sender.rate_limiter import RateBuckets
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
