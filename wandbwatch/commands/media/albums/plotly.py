"""Figures of plotly's, as far as their data allows."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence

from wandbwatch import formatting
from wandbwatch.commands.media.albums import shapes
from wandbwatch.model.report import Block, Line
from wandbwatch.model.run import Json

_TYPED = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I"}
_TYPED |= {"f4": "f", "f8": "d"}
"""How plotly names the numbers of its packed arrays, and how Python does."""
_MOST = 8
"""Traces of bars and the like; each is a picture of its own."""

Trace = Mapping[str, Json]


def blocks(key: str, figure: Json, run: str) -> Iterator[Block]:
    """Yield what can be drawn: lines together, all else trace by trace."""
    traces = figure.get("data") if isinstance(figure, Mapping) else None
    listed = traces if isinstance(traces, list) else ()
    known = [trace for trace in listed if isinstance(trace, Mapping)]
    title = _title(figure) or key
    lines = [_line(t, title, run) for t in known if _is_line(t)]
    if lines and (plotted := shapes.plot(title, "x", lines)):
        yield plotted
    others = [t for t in known if not _is_line(t)]
    for trace in others[:_MOST]:
        draw = _KINDS.get(str(trace.get("type", "scatter")))
        named = _name(trace)
        whose = f"{title}: {named}" if named and len(known) > 1 else title
        if draw and (block := draw(trace, whose)):
            yield block


def _is_line(trace: Trace) -> bool:
    kind, mode = trace.get("type", "scatter"), trace.get("mode", "lines")
    return kind in ("scatter", "scattergl") and "lines" in str(mode)


def _line(trace: Trace, title: str, run: str) -> Line:
    y = _values(trace.get("y"))
    return shapes.line(run, _name(trace) or title, title, _values(trace.get("x")), y)


def _points(trace: Trace, title: str) -> Block | None:
    x, y = (_values(trace.get(axis)) for axis in "xy")
    return shapes.scatter(title, "x", "y", x or list(range(len(y))), y)


def _bars(trace: Trace, title: str) -> Block | None:
    labels, amounts = (_values(trace.get(axis)) for axis in "xy")
    if trace.get("orientation") == "h":
        labels, amounts = amounts, labels
    return shapes.bars(title, _name(trace) or "value", labels, amounts)


def _pie(trace: Trace, title: str) -> Block | None:
    labels, values = _values(trace.get("labels")), _values(trace.get("values"))
    return shapes.bars(title, "value", labels, values)


def _histogram(trace: Trace, title: str) -> Block | None:
    return shapes.histogram(title, _values(trace.get("x")) or _values(trace.get("y")))


_KINDS: Mapping[str, Callable[[Trace, str], Block | None]] = {
    "scatter": _points,
    "scattergl": _points,
    "bar": _bars,
    "pie": _pie,
    "histogram": _histogram,
}


def _values(given: Json) -> Sequence[Json]:
    if isinstance(given, Mapping):
        return _unpacked(given)
    return given if isinstance(given, list) else ()


def _unpacked(given: Mapping[str, Json]) -> Sequence[Json]:
    """Read ``{"dtype": "f8", "bdata": …}``, as plotly 6 packs numbers."""
    kind, data = _TYPED.get(str(given.get("dtype"))), given.get("bdata")
    if kind is None or not isinstance(data, str):
        return ()
    try:
        packed = array(kind, base64.b64decode(data))
    except ValueError:
        return ()
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tolist()


def _name(trace: Trace) -> str:
    name = trace.get("name")
    return formatting.clean(name) if isinstance(name, str) else ""


def _title(figure: Json) -> str:
    layout = figure.get("layout") if isinstance(figure, Mapping) else None
    title = layout.get("title") if isinstance(layout, Mapping) else None
    text = title.get("text") if isinstance(title, Mapping) else title
    return text if isinstance(text, str) else ""
