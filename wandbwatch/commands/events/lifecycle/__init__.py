"""Events of a project's runs between two checks. Pure.

`detect` compares a listing with what is remembered. Runs are told apart by their id
within a project, never by name. Only what differs between two looks is told: what came
and went between them is told as what it came to.
"""

from wandbwatch.commands.events.lifecycle.detection import DetectOptions, detect
from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    ENDS,
    Best,
    CodeAlert,
    CrashRetracted,
    Event,
    EventKind,
    GroupDone,
    RunEvent,
    Stalled,
)
from wandbwatch.commands.events.lifecycle.listing import raised
from wandbwatch.commands.events.lifecycle.memory import EventMemory

__all__ = [
    "ACTIVE",
    "ENDS",
    "Best",
    "CrashRetracted",
    "Event",
    "EventKind",
    "GroupDone",
    "RunEvent",
]
__all__ += ["CodeAlert", "DetectOptions", "EventMemory", "Stalled", "detect", "raised"]
