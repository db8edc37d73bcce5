"""What a run's system metrics say of its machine. Pure.

Their names are the SDK's: ``cpu``, ``memory_percent``, ``gpu.0.gpu``,
``disk./.usagePercent``, ``network.sent``; in all of them percent are 0 to 100.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from wandbwatch.analysis.keys import gpu_metric, gpu_metrics
from wandbwatch.formatting import duration
from wandbwatch.model.run import Series

_GPU_COLUMNS = {
    "gpu": "busy %",
    "memoryAllocated": "memory %",
    "memoryAllocatedBytes": "memory GB",
    "temp": "°C",
    "powerWatts": "W",
}
_GIGA = 1e9
IDLE, IDLE_FOR = 5.0, 300.0
"""Percent below which a GPU is idle, and for how many seconds it must have been."""
FULL = 95.0
"""Percent from which memory or a disk is nearly full."""
_PLOTS = {
    "gpu busy (%)": r"gpu\.\d+\.gpu",
    "gpu memory (%)": r"gpu\.\d+\.memoryAllocated",
    "cpu (%)": r"cpu",
    "memory (%)": r"memory_percent|memory",
    "disk (%)": r"disk(?:\..*)?\.usagePercent|disk",
    "network sent and received": r"network\.(?:sent|recv)",
    "gpu power (W)": r"gpu\.\d+\.powerWatts",
}


@dataclass(frozen=True)
class Gpu:
    number: int
    values: Mapping[str, float]


def gpus(metrics: Mapping[str, float]) -> Sequence[Gpu]:
    """Return the GPUs in *metrics* with their values, named as columns."""
    found = []
    for number, values in sorted(gpu_metrics(metrics).items()):
        shown = {name: values[k] for k, name in _GPU_COLUMNS.items() if k in values}
        if "memory GB" in shown:
            shown["memory GB"] /= _GIGA
        if shown:
            found.append(Gpu(number, shown))
    return found


def columns(found: Iterable[Gpu]) -> Sequence[str]:
    known = {name for gpu in found for name in gpu.values}
    return [name for name in _GPU_COLUMNS.values() if name in known]


def others(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """Return the metrics that are no GPU's, by their names."""
    return {k: v for k, v in sorted(metrics.items()) if not k.startswith("gpu.")}


def plotted(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return which metrics are drawn together, under which title."""
    known = sorted(names, key=_natural)
    drawn = {t: [n for n in known if re.fullmatch(p, n)] for t, p in _PLOTS.items()}
    return {title: found for title, found in drawn.items() if found}


def label(name: str) -> str:
    """Name a metric in a plot of its kind."""
    of = gpu_metric(name)
    return f"gpu {of[0]}" if of else name


def findings(series: Mapping[str, Series]) -> Iterator[str]:
    """Say what is idle and what is nearly full; *series* run over seconds."""
    for name in sorted(series, key=_natural):
        of = gpu_metric(name)
        if of and of[1] == "gpu" and (idle := idle_for(series[name])) is not None:
            yield f"gpu {of[0]} idle for {duration(timedelta(seconds=idle))}"
    for name in sorted(series, key=_natural):
        last = _last(series[name])
        if last is not None and last >= FULL and (what := _store(name)):
            yield f"{what} {last:.0f}% full"


def idle_for(series: Series) -> float | None:
    """Return for how many seconds it was idle at the end; None if it was not."""
    known = [
        (x, y) for x, y in zip(series.x, series.y, strict=True) if math.isfinite(y)
    ]
    since = None
    for x, y in reversed(known):
        if y >= IDLE:
            break
        since = x
    if since is None:
        return None
    idle = known[-1][0] - since
    return idle if idle >= IDLE_FOR else None


def _store(name: str) -> str:
    """Name what *name* says the fullness of, in percent; empty for all else."""
    of = gpu_metric(name)
    if of and of[1] == "memoryAllocated":
        return f"gpu {of[0]} memory"
    if name in ("memory_percent", "memory"):
        return "memory"
    if found := re.fullmatch(r"disk\.(.*)\.usagePercent", name):
        return f"disk {found[1]}"
    return "disk" if name == "disk" else ""


def _last(series: Series) -> float | None:
    return next((y for y in reversed(series.y) if math.isfinite(y)), None)


def _natural(name: str) -> list[int | str]:
    """Order ``gpu.10`` behind ``gpu.9``."""
    parts = re.split(r"(\d+)", name)
    return [int(p) if p.isdecimal() else p for p in parts]
