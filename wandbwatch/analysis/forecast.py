"""When runs will be done, where somebody asks for that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Forecast
    from wandbwatch.analysis.total_steps import Total
    from wandbwatch.model.ports import Source
    from wandbwatch.model.run import Run


def forecast(
    source: Source, runs: Iterable[Run], total: Total | None
) -> Forecast | None:
    """Ask *source* when those of *runs* that go on are done; None without *total*."""
    if total is None:
        return None
    from wandbwatch.analysis.eta import Forecast  # noqa: PLC0415 -- most answers need none

    return Forecast.of(source, runs, total)
