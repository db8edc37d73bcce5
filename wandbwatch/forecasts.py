"""When runs will be done, where somebody asks for that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandbwatch.model.ports import Source
    from wandbwatch.model.run import Run
    from wandbwatch.pace import Forecast
    from wandbwatch.totals import Total


def forecast(
    source: Source, runs: Iterable[Run], total: Total | None
) -> Forecast | None:
    """Ask *source* when those of *runs* that go on are done; None without *total*."""
    if total is None:
        return None
    from wandbwatch.pace import Forecast  # noqa: PLC0415 -- most answers need none

    return Forecast.of(source, runs, total)
