"""What every card says of its run. Pure."""

from __future__ import annotations

from datetime import timedelta

from wandbwatch.formatting import titles
from wandbwatch.model.report import Cell, Fields
from wandbwatch.model.run import Run


def title(run: Run, what: str) -> str:
    path = titles.of_run(run).removeprefix(run.name)
    return f"{run.name} {what}{path}"


def about(run: Run) -> Fields:
    items: dict[str, Cell] = {
        "state": run.state,
        "exit code": run.exit_code,
        "runtime": None if run.runtime is None else timedelta(seconds=run.runtime),
        "last step": run.last_step,
        "last heard": run.heartbeat,
        "group": run.group,
        "sweep": run.sweep,
        "host": run.host,
    }
    return Fields("run", tuple((k, v) for k, v in items.items() if v not in (None, "")))
