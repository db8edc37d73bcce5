"""What the code raised with ``run.alert``: records without a time of their own."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.model.run_details import Alert
from wandbwatch.sources.local.log import RunLog
from wandbwatch.sources.local.wire import ALERT, fields, text

_TITLE, _TEXT, _LEVEL = 1, 2, 3


def alerts(logs: Sequence[RunLog]) -> tuple[Alert, ...]:
    """Return the alerts of one run's logs, the oldest first."""
    return tuple(
        _alert(data, at, end)
        for log in logs
        for _, data, at, end in log.forward({ALERT})
    )


def _alert(data: bytes, at: int, end: int) -> Alert:
    told = {
        n: text(data, start, stop)
        for n, start, stop in fields(data, at, end)
        if n in (_TITLE, _TEXT, _LEVEL)
    }
    return Alert(told.get(_TITLE, ""), told.get(_TEXT, ""), told.get(_LEVEL, ""))
