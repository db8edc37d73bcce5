"""Rows as lines of CSV after RFC 4180, numbers with all their digits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from wandbwatch import formatting as words
from wandbwatch.formatting import json_values
from wandbwatch.model.report import Cell, Missing, latest
from wandbwatch.model.run import State

_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""Characters that start a spreadsheet formula, full-width ones too."""


def line(cells: Sequence[Cell]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(map(_cell, cells))
    return written.getvalue().removesuffix("\n")


def _cell(cell: Cell) -> str:
    cell = latest(cell)
    if isinstance(cell, Missing):
        return ""
    if isinstance(cell, str) and not isinstance(cell, State):
        return _harmless(words.clean(cell, lines=True))
    value = json_values.value(cell)
    if isinstance(value, str):
        return value
    return json_values.written(value)


def _harmless(text: str) -> str:
    """Stop a spreadsheet from running a name as a formula: ``'=HYPERLINK(…)``."""
    return f"'{text}" if _FORMULA.match(text.lstrip()) else text
