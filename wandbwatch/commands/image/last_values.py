"""Where the curves of plots end: what counts of a picture, and what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch.analysis.delta import SeenValues, Since
from wandbwatch.model.report import MISSING, Block, Cell, Plot, Table
from wandbwatch.model.run import Run


@dataclass(frozen=True)
class LastValues:
    """The last point of each run's curve of each key."""

    runs: tuple[Run, ...]
    keys: tuple[str, ...]
    last: Mapping[tuple[str, str], tuple[float, float]]
    """The x and y of it, by the run's id and the key."""

    @classmethod
    def of(cls, runs: Sequence[Run], plots: Sequence[Plot]) -> LastValues:
        last = {
            (line.run, plot.key): (line.series.x[-1], line.series.y[-1])
            for plot in plots
            for line in plot.lines
        }
        return cls(tuple(runs), tuple(plot.key for plot in plots), last)

    @property
    def seen(self) -> SeenValues:
        """What counts of the picture.

        Of a long history W&B draws other points each time, and all that is told
        here are its ends.
        """
        values: dict[str, dict[str, Cell]] = {}
        for run in self.runs:
            values[run.id] = {"state": run.state}
        for (run_id, key), (x, y) in self.last.items():
            values[run_id] |= {f"x of {key}": x, key: y}
        return SeenValues.of(values)

    def blocks(self, since: Since | None) -> Iterator[Block]:
        """Yield the values at the ends with what they were *since*, and notes."""
        if since is None:
            return
        if since.seen:
            rows = tuple(self._row(run, since) for run in self.runs)
            links = tuple(run.url for run in self.runs)
            yield Table("last values", ("state", "name", "id", *self.keys), rows, links)
        yield from since.notes(self.seen, self.runs)

    def _row(self, run: Run, since: Since) -> tuple[Cell, ...]:
        values = (
            since.cell(run.id, key, self.last.get((run.id, key), (0.0, MISSING))[1])
            for key in self.keys
        )
        return (since.cell(run.id, "state", run.state), run.name, run.id, *values)
