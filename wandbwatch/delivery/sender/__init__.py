"""Take letters out of the outbox and send them: the only retry there is."""

from wandbwatch.delivery.sender.lane import Lanes
from wandbwatch.delivery.sender.office import Office
from wandbwatch.delivery.sender.place import placed
from wandbwatch.delivery.sender.sender import BusyError, Sender, Timekeeper, alone

__all__ = ["BusyError", "Lanes", "Office", "Sender", "Timekeeper", "alone", "placed"]
