"""The best value of a key so far, and who has it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wandbwatch.analysis.ranking import Objective
from wandbwatch.commands.events.lifecycle.event import Best, EventKind
from wandbwatch.commands.events.lifecycle.memory import Leader
from wandbwatch.model.run import Run


def broken(
    before: Mapping[str, Leader], runs: Iterable[Run], aims: Iterable[Objective]
) -> Iterator[tuple[str, Leader, Best]]:
    """Yield each aim that is reached better than ever: by whom, and the event."""
    seen = tuple(runs)
    for aim in aims:
        known, found = before.get(str(aim)), aim.ranked(seen)[:1]
        for run, value in found:
            if known and not aim.better(value, known.value):
                continue
            lead = known.lead + (known.run != run.id) if known else 0
            old = known.value if known else None
            event = Best(EventKind.BEST, run, aim.key, value, old, lead)
            yield str(aim), Leader(value, run.id, lead), event
