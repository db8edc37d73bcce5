"""What ``system`` reports of a run's machine.

The names of system metrics are the SDK's: ``cpu``, ``memory_percent``, ``gpu.0.gpu``,
``disk./.usagePercent``, ``network.sent``; in all of them percent are 0 to 100. Each
of several nodes adds its label, ``cpu/l:node-0``.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from wandbwatch.analysis.curves import recent
from wandbwatch.analysis.keys import SYSTEM
from wandbwatch.analysis.machine import (
    BUSY,
    MEMORY,
    NAMES,
    Device,
    device_metric,
    device_metrics,
    of_node,
    split,
)
from wandbwatch.formatting import duration
from wandbwatch.formatting.run_blocks import caveats, run_subject, run_title
from wandbwatch.formatting.text import by_number, yet
from wandbwatch.model.cell import MISSING, Cell
from wandbwatch.model.ports import Source
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.report import Block, Fields, Line, Note, Plot, Report, Table
from wandbwatch.model.run import Run, Series

_COLUMNS: Mapping[str, Sequence[str]] = {
    "busy %": [name for names in BUSY.values() for name in names],
    "memory %": [name for names in MEMORY.values() for name in names],
    "memory GB": ("memoryAllocatedBytes", "hbmCapacityUsage", "memoryUsageBytes"),
    "°C": ("temp", "average board temp (C)", "average board temp"),
    "W": ("powerWatts", "ipu power (W)", "ipu power"),
}
"""The metrics of a device that are one column: the first that it has."""
_PARTS_OF_MEMORY = "neuroncore_memory_usage."
_GIGA, _MEGA = 1e9, 1e6
IDLE, IDLE_FOR = 5.0, 300.0
"""Percent below which a GPU is idle, and for how many seconds it must have been."""
FULL = 95.0
"""Percent from which memory or a disk is nearly full."""
NETWORK = "network (MB/s)"
_PLOTS = {
    "gpu busy (%)": r"gpu\.\d+\.gpu",
    "gpu memory (%)": r"gpu\.\d+\.memoryAllocated",
    "tpu busy (%)": r"tpu|tpu\.\d+\.(?:tensorcoreUtilization|dutyCycle)",
    "tpu memory (%)": r"tpu\.\d+\.(?:hbmMemoryUsage|runtimeHbmUtilization|memoryUsage)",
    "trn busy (%)": r"trn\.\d+\.neuroncore_utilization",
    "ipu busy (%)": r"ipu\.\d+\.ipu utilisation \(%\)",
    "cpu (%)": r"cpu",
    "memory (%)": r"memory_percent|memory",
    "disk (%)": r"disk(?:\..*)?\.usagePercent|disk",
    NETWORK: r"network\.(?:sent|recv)",
    "gpu power (W)": r"gpu\.\d+\.powerWatts",
}
_CALLED = {
    "network.sent": "sent",
    "network.recv": "received",
    "cpu": "CPU",
    "memory_percent": "memory",
}


@dataclass(frozen=True)
class DeviceRow:
    device: Device
    values: Mapping[str, float]
    """By column."""


def device_rows(metrics: Mapping[str, float]) -> Sequence[DeviceRow]:
    """Return the accelerators in *metrics*, by kind, node and number."""
    found = []
    for device, values in sorted(device_metrics(metrics).items()):
        named = {column: _first(values, names) for column, names in _COLUMNS.items()}
        shown = {column: value for column, value in named.items() if value is not None}
        parts = [v for k, v in values.items() if k.startswith(_PARTS_OF_MEMORY)]
        if parts:
            shown.setdefault("memory GB", sum(parts))
        if "memory GB" in shown:
            shown["memory GB"] /= _GIGA
        if shown:
            found.append(DeviceRow(device, shown))
    return found


def _first(values: Mapping[str, float], names: Iterable[str]) -> float | None:
    return next((values[name] for name in names if name in values), None)


def metric_columns(found: Iterable[DeviceRow]) -> Sequence[str]:
    known = {name for row in found for name in row.values}
    return [name for name in _COLUMNS if name in known]


def others(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """Return the metrics that are no accelerator's, by their names."""
    return {
        name: value
        for name, value in sorted(metrics.items())
        if not (device_metric(name) or name.startswith("gpu."))
    }


def plotted(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return which metrics are drawn together, under which title."""
    known = sorted(names, key=by_number)
    drawn = {
        title: [name for name in known if re.fullmatch(pattern, split(name)[0])]
        for title, pattern in _PLOTS.items()
    }
    return {title: found for title, found in drawn.items() if found}


def label(name: str) -> str:
    """Name a metric in a plot of its kind."""
    of = device_metric(name)
    return str(of[0]) if of else of_node(*split(name))


def called(name: str) -> str:
    """Name a metric in a plot of its kind, for people."""
    if of := device_metric(name):
        kind, _, number = str(of[0]).partition(" ")
        return f"{kind.upper()} {number}"
    plain, node = split(name)
    if found := re.fullmatch(r"disk\.(.*)\.usagePercent", plain):
        return of_node(f"disk {found[1]}", node)
    return of_node(_CALLED.get(plain, plain), node)


def rate(total: Series) -> Series:
    """Return how fast a *total* of bytes grows, in MB/s; it runs over seconds.

    A total that fell was counted anew.
    """
    points = list(zip(total.x, total.y, strict=True))
    xs, ys = array("d"), array("d")
    for (x, y), (next_x, next_y) in pairwise(points):
        if next_x > x and next_y >= y:
            xs.append(next_x)
            ys.append((next_y - y) / (next_x - x) / _MEGA)
    return Series(total.key, xs, ys, sampled=total.sampled)


def findings(series: Mapping[str, Series]) -> Iterator[str]:
    """Say what is idle and what is nearly full; *series* run over seconds."""
    yield from _idle(series)
    for name in sorted(series, key=by_number):
        last = _last(series[name])
        if last is not None and last >= FULL and (what := _store(name)):
            yield f"{what} {last:.0f}% full"


def _idle(series: Mapping[str, Series]) -> Iterator[str]:
    """Say which devices of each node are idle: ``GPU 0``, ``GPUs 0, 2``, ``all 8``."""
    nodes: defaultdict[tuple[str, str], dict[int, float | None]] = defaultdict(dict)
    for name in sorted(series, key=by_number):
        of = device_metric(name)
        if of and of[1] == _busy(of[0], series):
            kind, node, number = of[0]
            nodes[kind, node][number] = idle_for(series[name])
    for (kind, node), known in nodes.items():
        idle = {number: span for number, span in known.items() if span is not None}
        if not idle:
            continue
        name, spans = kind.upper(), set(idle.values())
        which = f"{name}{'s' * (len(idle) > 1)} {', '.join(map(str, idle))}"
        if len(idle) == len(known) > 1:
            which = f"all {len(idle)} {name}s"
        least = "at least " * (len(spans) > 1)
        span = duration(timedelta(seconds=min(spans)))
        yield f"{of_node(which, node)} idle for {least}{span}"


def _busy(device: Device, names: Iterable[str]) -> str:
    """Return the metric of *names* that says how busy *device* is."""
    has = {of[1] for name in names if (of := device_metric(name)) and of[0] == device}
    return next((one for one in BUSY[device.kind] if one in has), "")


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
    if of := device_metric(name):
        device, metric = of
        return f"{called(name)} memory" if metric in MEMORY.get(device.kind, ()) else ""
    plain, node = split(name)
    if plain in ("memory_percent", "memory"):
        return of_node("memory", node)
    if found := re.fullmatch(r"disk\.(.*)\.usagePercent", plain):
        return of_node(f"disk {found[1]}", node)
    return of_node("disk", node) if plain == "disk" else ""


def _last(series: Series) -> float | None:
    return next((y for y in reversed(series.y) if math.isfinite(y)), None)


_AXIS = Axis(AxisKind.RUNTIME)


def series_of(source: Source, run: Run) -> Mapping[str, Series]:
    """Ask for all that is drawn or watched, by one question."""
    drawn = [name for names in plotted(run.system).values() for name in names]
    wanted = tuple(dict.fromkeys(SYSTEM + name for name in drawn))
    if not wanted:
        return {}
    query = Query(ids=(run.id,), summary=(), config=())
    (found,) = source.curves(query, wanted, _AXIS)
    return {key.removeprefix(SYSTEM): one for key, one in found.series.items()}


def report(
    run: Run,
    series: Mapping[str, Series],
    last: timedelta | None = None,
    out: Path | None = None,
) -> Report:
    """Tell of *run*'s machine now, and over the seconds of its *series*."""
    about = Report(
        "system",
        run_title(run),
        url=run.url,
        out=out,
        subject=run_subject(run),
    )
    if not run.system:
        return replace(about, blocks=(Note(f"no system metrics{yet(run)}"),))
    shown = recent(series, _AXIS, last) if last else series
    blocks: tuple[Block, ...] = (
        *map(Note, findings(series)),
        *_devices(run),
        Fields("machine", tuple(others(run.system).items())),
        *_plots(run, shown or {}),
        *caveats([run]),
    )
    return replace(about, blocks=blocks)


def _devices(run: Run) -> Iterator[Table]:
    """Yield a table of each kind of accelerator: a row a device, with its node."""
    every = device_rows(run.system)
    for kind in dict.fromkeys(row.device.kind for row in every):
        found = [row for row in every if row.device.kind == kind]
        nodes = any(row.device.node for row in found)
        columns = metric_columns(found)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (
                *([row.device.node or MISSING] if nodes else ()),
                row.device.number,
                *(row.values.get(name, MISSING) for name in columns),
            )
            for row in found
        )
        named = (*(["node"] if nodes else ()), kind, *columns)
        yield Table("", named, rows, brief=_brief(named, rows))


_BRIEF = {"busy %": "busy", "memory %": "memory", "memory GB": "GB"}
_SPARE = ("W", "°C", "memory GB")


def _brief(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """Return a table of devices that fits a phone: whole percents, degrees, watts."""
    kinds = {kind: NAMES[kind] for kind in columns if kind in NAMES}
    names = tuple(_BRIEF.get(name) or kinds.get(name, name) for name in columns)
    shown = tuple(
        tuple(_rounded(name, cell) for name, cell in zip(columns, row, strict=True))
        for row in rows
    )
    return Table("", names, shown, spare=tuple(_BRIEF.get(n, n) for n in _SPARE))


def _rounded(column: str, cell: Cell) -> Cell:
    if not isinstance(cell, float) or not math.isfinite(cell):
        return cell
    unit = "%" if column.endswith("%") else ""
    return f"{cell:.1f}" if column == "memory GB" else f"{cell:.0f}{unit}"


def _plots(run: Run, series: Mapping[str, Series]) -> Iterator[Plot]:
    for title, names in plotted(series).items():
        shown = {name: series[name] for name in names}
        if title == NETWORK:
            shown = {name: rate(one) for name, one in shown.items()}
        lines = [
            Line(
                f"{run.id} {name}",
                label(name),
                one,
                called=called(name),
            )
            for name, one in shown.items()
        ]
        if there := tuple(line for line in lines if len(line.series.x)):
            yield Plot(title, _AXIS.kind.value, there, told=True)
