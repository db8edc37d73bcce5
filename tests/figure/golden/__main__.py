from __future__ import annotations

from wandbwatch.figure import png

from tests.figure.golden import PLACE, PLOTS

for name, plot in PLOTS.items():
    (PLACE / f"{name}.png").write_bytes(png(plot()))
