from __future__ import annotations

from wandbwatch.plots import png

from tests.plots.golden import PLACE, PLOTS

for name, plot in PLOTS.items():
    (PLACE / f"{name}.png").write_bytes(png(plot()))
