"""What a run is compared with: the older runs of its project in W&B."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from wandbwatch.analysis.ranking import Objective, finite
from wandbwatch.model.run import Run

_LOOKED_AT = 50


def question(run: Run, aim: Objective) -> Sequence[str]:
    """Return the words that ask for the best runs of the project of *run*."""
    way = "-" if aim.largest else "+"
    address = f"{run.entity}/{run.project}"
    order = f"{way}summary_metrics.{aim.key}"
    return ["project", address, "--order", order, "--topk", str(_LOOKED_AT)]


def values(
    told: Mapping[str, Any], aim: Objective, before: datetime
) -> tuple[float, ...]:
    """Return the finite values of those runs that are older than *before*.

    *told* is the report that answers `question`, as JSON has it.
    """
    found = []
    for block in told["blocks"]:
        for row in block.get("rows", ()):
            value, created = finite(row.get(aim.key)), row.get("created")
            if value is not None and created and _moment(created) < before:
                found.append(value)
    return tuple(found)


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
