from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from wandbwatch.options import RunAddress

if TYPE_CHECKING:
    from wandbwatch.model.report import Report


def why(ctx: typer.Context, address: RunAddress) -> Iterator[Report]:
    """Explain how a run ended, or stands: what went wrong first, and when.

    Looks at its curves, system metrics and console, compares its configuration with
    the last run that finished, and names the runs that ended in the same way.
    """
    from wandbwatch.commands.why.report import report

    yield report(ctx.obj, address)


plugin = why
