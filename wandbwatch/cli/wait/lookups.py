"""Look up several runs, with one query per project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from wandbwatch import formatting
from wandbwatch.analysis.eta import Total
from wandbwatch.model.address import Address
from wandbwatch.model.errors import (
    NetworkError,
    NotFoundError,
    TimeOutError,
    printable,
)
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Query
from wandbwatch.model.run import Run, State

ENDED = frozenset(s for s in State if s.ended and s is not State.PREEMPTED)
"""A preempted run is usually started again."""
PATIENCE = timedelta(hours=1)
"""How long a server may be silent, once it has answered."""


class Looker:
    """Looks up the runs of some addresses."""

    def __init__(
        self,
        source: Callable[[Address], Source],
        addresses: Iterable[Address],
        total: Total | None,
    ) -> None:
        bare = Query(summary=(), config=())
        self._query = total.asked(bare) if total else bare
        projects: dict[Address, list[str]] = {}
        addresses = tuple(dict.fromkeys(addresses))
        for address in addresses:
            if address.run:
                projects.setdefault(address.without_run(), []).append(address.run)
            else:
                projects[address.resolved()] = []
        self._unsure = [source(one) for one in addresses if one.maybe_project]
        self._asked = [(source(place), tuple(ids)) for place, ids in projects.items()]
        self.local = all(place.local for place in projects)

    def look(self) -> tuple[Run, ...]:
        """Return each run once. Raises SourceError, and UsageError for no run."""
        try:
            return tuple(
                run for source, ids in self._asked for run in self._of(source, ids)
            )
        except NotFoundError:
            for one in self._unsure:
                one.run()  # raises an error that says so if it is a project
            raise

    def _of(self, source: Source, ids: Sequence[str]) -> Sequence[Run]:
        found = source.runs(replace(self._query, ids=tuple(ids))).runs
        if ids or len(found) == 1:
            return found
        return (source.run(),)  # raises an error that says why it is not one run


class Patient:
    """Retries while a server does not answer, and reports that once."""

    def __init__(
        self,
        look: Callable[[], tuple[Run, ...]],
        clock: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self._look = look
        self._clock = clock
        self._tell = tell
        self._answered: float | None = None
        self._silent = False

    def look(self) -> tuple[Run, ...] | None:
        """Return the runs; None if the server does not answer this time.

        Raises any error of the first look, and an outage longer than `PATIENCE`.
        """
        try:
            runs = self._look()
        except (NetworkError, TimeOutError) as e:
            passed = self._clock() - (self._answered or 0.0)
            if self._answered is None or passed > PATIENCE.total_seconds():
                raise
            if not self._silent:
                span = formatting.duration(PATIENCE)
                self._tell(f"{printable(str(e))}; retrying for {span}")
            self._silent = True
            return None
        self._answered = self._clock()
        if self._silent:
            self._tell("connected again")
        self._silent = False
        return runs
