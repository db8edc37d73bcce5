"""A source in front of another one: all requests go through one method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from wandbwatch.model.drawing import Distributions
    from wandbwatch.model.media import Album, Artifacts, RunFile, When
    from wandbwatch.model.ports import Source
    from wandbwatch.model.query import Axis, Curves, Listing, Query
    from wandbwatch.model.run import Run
    from wandbwatch.model.run_details import Alert, Printed, Provenance, Sweep

T = TypeVar("T")


class SourceProxy(ABC):
    """Forwards every method of `Source` to `_ask`, the only one to override."""

    @abstractmethod
    def _ask(self, question: str, put: Callable[[Source], T]) -> T:
        """Call *put* on the source behind; equal *question*s are the same request."""

    def run(self) -> Run:
        return self._ask("run", lambda s: s.run())

    def runs(self, query: Query, /) -> Listing:
        return self._ask(f"runs {query!r}", lambda s: s.runs(query))

    def curves(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Curves, ...]:
        question = f"curves {query!r} {keys!r} {axis!r}"
        return self._ask(question, lambda s: s.curves(query, keys, axis))

    def distributions(
        self, query: Query, keys: Sequence[str], axis: Axis, /
    ) -> tuple[Distributions, ...]:
        question = f"distributions {query!r} {keys!r} {axis!r}"
        return self._ask(question, lambda s: s.distributions(query, keys, axis))

    def console(self, run_id: str, last: int, /) -> tuple[Printed, ...]:
        question = f"console {run_id!r} {last}"
        return self._ask(question, lambda s: s.console(run_id, last))

    def alerts(self, run_id: str, /) -> tuple[Alert, ...]:
        return self._ask(f"alerts {run_id!r}", lambda s: s.alerts(run_id))

    def provenance(self, run_id: str, /) -> Provenance:
        return self._ask(f"provenance {run_id!r}", lambda s: s.provenance(run_id))

    def sweep(self, sweep_id: str, /) -> Sweep:
        return self._ask(f"sweep {sweep_id!r}", lambda s: s.sweep(sweep_id))

    def sweeps(self) -> tuple[Sweep, ...]:
        return self._ask("sweeps", lambda s: s.sweeps())

    def media(self, run_id: str, keys: Sequence[str], when: When, /) -> Album:
        question = f"media {run_id!r} {keys!r} {when!r}"
        return self._ask(question, lambda s: s.media(run_id, keys, when))

    def files(self, run_id: str, paths: Sequence[str] | None, /) -> tuple[RunFile, ...]:
        question = f"files {run_id!r} {paths!r}"
        return self._ask(question, lambda s: s.files(run_id, paths))

    def artifacts(self, run_id: str, /) -> Artifacts:
        return self._ask(f"artifacts {run_id!r}", lambda s: s.artifacts(run_id))

    def stop(self, run_id: str, /) -> None:
        self._ask(f"stop {run_id!r}", lambda s: s.stop(run_id))
