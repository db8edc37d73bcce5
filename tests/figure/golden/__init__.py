"""Pictures as they should look: ``python -m tests.figure.golden`` draws them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wandbwatch.model.report import Plot

from tests.figure.pictures import crowd, diverged, smooth

PLACE = Path(__file__).parent
PLOTS: dict[str, Callable[[], Plot]] = {
    "diverged": diverged,
    "smooth": smooth,
    "crowd": lambda: crowd(14),
}
