"""What happens to the runs of a project from one look at them to the next. Pure.

`tick` compares a listing with what is remembered. Runs are told apart by their id
within a project, never by name. Only what differs between two looks is told: what came
and went between them is told as what it came to.
"""

from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    ENDS,
    Best,
    Done,
    Event,
    GoesOn,
    Happening,
    Kind,
    Raised,
    Stalled,
)
from wandbwatch.commands.events.lifecycle.raising import raised
from wandbwatch.commands.events.lifecycle.remembered import Remembered
from wandbwatch.commands.events.lifecycle.tick import Rules, tick

__all__ = ["ACTIVE", "ENDS", "Best", "Done", "Event", "GoesOn", "Happening", "Kind"]
__all__ += ["Raised", "Remembered", "Rules", "Stalled", "raised", "tick"]
