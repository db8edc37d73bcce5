"""The alerts that runs' own code raised since they were last looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wandbwatch.commands.events.lifecycle.event import (
    ACTIVE,
    CodeAlert,
    Event,
    EventKind,
    Resumed,
    RunEvent,
)
from wandbwatch.model.errors import SourceError
from wandbwatch.model.ports import Source
from wandbwatch.model.run import Run


def raised(
    source: Source,
    runs: Iterable[Run],
    happened: Iterable[Event],
    known: Mapping[str, int] | None,
) -> tuple[list[CodeAlert], dict[str, int]]:
    """Return what is new, and how many alerts each run has raised by now.

    Asked are the runs that go on and those that ended just now. *known* is how many
    there were, None at the first look: then, and of a run that was resumed and whose
    alerts are not known, nothing is new.
    """
    counts = known or {}
    events, now = [], dict(counts)
    seen = tuple(e for e in happened if isinstance(e, RunEvent))
    ended = {event.run.id for event in seen if event.kind.end}
    resumed = {event.run.id for event in seen if isinstance(event, Resumed)}
    for run in runs:
        if run.state not in ACTIVE and run.id not in ended:
            continue
        try:
            alerts = source.alerts(run.id)
        except SourceError:
            continue  # they are found at the next look
        silent = known is None or (run.id in resumed and run.id not in counts)
        told = len(alerts) if silent else counts.get(run.id, 0)
        events += [
            CodeAlert(EventKind.ALERT, run, one.title, one.text, one.level)
            for one in alerts[told:]
        ]
        if alerts:
            now[run.id] = len(alerts)
    return events, now
