"""Events of a project's runs between two checks. Pure.

`detect` compares a listing with the memory. Runs are identified by their id within a
project, never by name. It reports what differs between two checks: a run that started
and ended between them is reported by its end.
"""

from wandbwatch.commands.events.kinds import EventKind
from wandbwatch.commands.events.lifecycle.detection import (
    DetectOptions,
    detect,
    histories,
    raised,
    taught,
)
from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    ENDS,
    Best,
    CodeAlert,
    CrashRetracted,
    Event,
    EventMemory,
    GroupDone,
    Recovered,
    RunEvent,
    Stalled,
)

__all__ = [
    "ACTIVE",
    "ENDS",
    "Best",
    "CrashRetracted",
    "Event",
    "EventKind",
    "GroupDone",
    "Recovered",
    "RunEvent",
]
__all__ += ["CodeAlert", "DetectOptions", "EventMemory", "Stalled", "detect", "raised"]
__all__ += ["histories", "taught"]
