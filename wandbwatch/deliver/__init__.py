"""Take letters out of the outbox and send them: the only retry there is."""

from wandbwatch.deliver.lane import Lanes
from wandbwatch.deliver.office import Office
from wandbwatch.deliver.place import placed
from wandbwatch.deliver.sender import BusyError, Sender, Timekeeper, alone

__all__ = ["BusyError", "Lanes", "Office", "Sender", "Timekeeper", "alone", "placed"]
