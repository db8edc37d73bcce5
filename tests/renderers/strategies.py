"""Any report at all, for properties: what W&B's users name things, and worse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import strategies as st
from wandbwatch.model.cell import MISSING, Changed, Level
from wandbwatch.model.drawing import (
    Bars,
    Heatmap,
    HistogramColumn,
    Matrix,
    Parallel,
    Point,
    Scatter,
)
from wandbwatch.model.errors import SourceError
from wandbwatch.model.media import Attachment, Content, Piece
from wandbwatch.model.report import (
    Chart,
    Fields,
    Line,
    Mark,
    Note,
    Panels,
    Partial,
    Plot,
    Report,
    Shade,
    Table,
    Text,
)
from wandbwatch.model.run import Series, State

_NASTY = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil\x1b\\here",
    "\x9b2J",
    "[bold]markup[/bold] [/nope]",
    "a\r\nb\tc\u2028d",
    "\u202eabc\u2066",
    "\U0001f469\u200d\U0001f4bb \u2764\ufe0f \U0001f1e9\U0001f1ea",
    "\ud800",
    "日本語の名前です",
    "=HYPERLINK(1)",
    "@everyone `x` **y** |z|",
    ":smile: e\u0301",
    "x" * 300,
)
texts = (
    st.sampled_from(_NASTY)
    | st.text(max_size=30)
    | st.text(st.characters(), max_size=9)
)
numbers = st.integers() | st.floats()
_huge = st.just(10**400)
jsons = st.recursive(
    st.none() | st.booleans() | numbers | _huge | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)
_media = st.fixed_dictionaries(
    {"_type": st.sampled_from(["image-file", "table-file", "histogram", "images"])},
    optional=dict.fromkeys(("width", "height", "nrows", "values", "caption"), jsons),
)
plain_cells = (
    jsons
    | _media
    | st.sampled_from(State)
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.timedeltas()
    | st.timedeltas(timedelta(), timedelta(days=9))
    | st.just(MISSING)
)
cells = plain_cells | st.builds(Changed, plain_cells, plain_cells)
fields = st.builds(
    Fields, texts, st.lists(st.tuples(texts, cells), max_size=5).map(tuple)
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(texts, min_size=1, max_size=5))
    row = st.tuples(*[cells] * len(columns))
    rows = draw(st.lists(row, max_size=4))
    link = st.none() | texts
    links = draw(st.lists(link, min_size=len(rows), max_size=len(rows)))
    return Table(draw(texts), tuple(columns), tuple(rows), tuple(links))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    values = st.floats() | st.floats(0, 10) | st.integers(0, 9)
    points = draw(st.lists(st.tuples(values, values), max_size=8))
    x, y = [p[0] for p in points], [p[1] for p in points]
    edges = st.lists(values, min_size=len(x), max_size=len(x))
    low, high = (Series("", x, draw(edges)) for _ in range(2))
    band = draw(st.none() | st.just((low, high)))
    partial = draw(st.none() | st.builds(Partial, values, st.just(1), st.just(3)))
    return Line(draw(texts), draw(texts), Series(draw(texts), x, y), band, partial)


_floats = st.floats() | st.floats(-10, 10)


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    names = draw(st.lists(texts, max_size=4).map(tuple))
    size = len(names)
    row = st.lists(_floats, min_size=size, max_size=size).map(tuple)
    values = draw(st.lists(row, min_size=size, max_size=size).map(tuple))
    return Matrix(draw(texts), draw(texts), names, values)


_rows = st.lists(_floats, max_size=6).map(tuple)
_columns = st.builds(HistogramColumn, _floats, _rows, _rows)
drawings = (
    st.builds(Heatmap, texts, texts, st.lists(_columns, max_size=4).map(tuple))
    | st.builds(
        Scatter,
        texts,
        texts,
        st.lists(
            st.builds(Point, _floats, _floats, texts, st.booleans()), max_size=6
        ).map(tuple),
        st.booleans(),
        st.booleans(),
    )
    | matrices()
    | st.builds(Bars, texts, st.lists(st.tuples(texts, _floats), max_size=5).map(tuple))
    | st.builds(
        Parallel,
        st.lists(texts, max_size=3).map(tuple),
        st.lists(texts, max_size=4).map(tuple),
        st.lists(
            st.lists(st.none() | texts | _floats, max_size=3).map(tuple), max_size=4
        ).map(tuple),
        st.none() | st.booleans(),
        st.lists(texts, max_size=2).map(tuple),
    )
)
marks = st.builds(Mark, _floats, texts, st.booleans())
plots = st.builds(
    Plot,
    texts,
    texts,
    st.lists(lines(), max_size=4).map(tuple),
    st.booleans(),
    st.sampled_from([0.0, 0.6, 1.0]),
    texts,
    st.lists(marks, max_size=3).map(tuple),
    st.none() | st.tuples(_floats, _floats),
    st.booleans(),
    st.lists(st.builds(Shade, _floats, _floats, texts), max_size=2).map(tuple),
)
charts = st.builds(
    Chart,
    texts,
    drawings | st.builds(Panels, st.lists(plots, max_size=3).map(tuple)),
    texts,
)
notes = st.builds(Note, texts)
passages = st.builds(Text, texts, texts)
_MIMES = ("image/png", "image/gif", "image/bmp", "video/mp4", "audio/wav", "text/html")


def content(data: bytes, why: str = "") -> Content:
    """Return what fetches *data*, and then fails if there is a *why*."""

    def fetch() -> Iterator[bytes]:
        yield data
        if why:
            raise SourceError(why)

    return fetch


pieces = st.builds(
    Piece,
    st.sampled_from(["a.png", "b/c.gif", "d"]),
    texts,
    st.builds(content, st.binary(max_size=9), st.sampled_from(["", "", "gone"])),
    st.none() | st.integers(0, 1 << 40),
    st.sampled_from(_MIMES),
    texts,
    st.none() | texts,
    texts,
    texts,
)
attachments = st.builds(
    Attachment,
    texts,
    texts,
    st.lists(pieces, max_size=6).map(tuple),
    texts,
    st.booleans(),
)
reports = st.builds(
    Report,
    st.sampled_from(["project", "summary", "image"]),
    texts,
    st.lists(
        fields | tables() | plots | charts | notes | passages | attachments,
        max_size=4,
    ).map(tuple),
    st.sampled_from(Level),
    st.none() | texts,
)
