"""Whatever a report holds: within every limit, nothing lost, in order, no pings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch import formatting
from wandbwatch.formatting.text import fitted
from wandbwatch.model.cell import Cell, Level
from wandbwatch.model.delivery import Message
from wandbwatch.model.drawing import Bars
from wandbwatch.model.media import Attachment, Piece
from wandbwatch.model.report import (
    Block,
    Chart,
    Fields,
    Line,
    Mark,
    Note,
    Plot,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Series, State
from wandbwatch.renderers.discord import (
    duplicate,
    limits,
    markdown,
    mention,
    plain,
    render,
)

from tests.fakes import NOW
from tests.renderers.discord.pictures import STUDIO, png
from tests.renderers.discord.reading import complaints, live, told
from tests.renderers.strategies import content, reports, texts

_HOSTILE = (
    "<@1234567890> <@&99> <#7> @here <t:0:R> <:emoji:12345> </command:1>",
    "[name](https://evil.example) <https://evil.example> https://evil.example",
    "``` ````` `x` ```py\nx\n```",
    "# heading\n- list\n> quote\n1. one\n-# small",
    "**b** __u__ ~~s~~ ||hidden|| ***x*** \\",
    ":smile: ::: a:b",
    "_" * 300,
    "x " * 3000,
    "`" * 2100,
)
hostile = st.sampled_from(_HOSTILE) | texts
links = st.none() | st.sampled_from(
    ["https://wandb.ai/a/b", "http://localhost:8080/a", "https://x.y/)](https://z.z"]
)


gone = content(b"", "gone")
items_of_bars = st.lists(st.tuples(hostile, st.floats()), max_size=4).map(tuple)


@st.composite
def hostile_reports(draw: st.DrawFn) -> Report:
    cell = hostile | st.floats() | st.sampled_from(State) | st.just(NOW)
    items = st.lists(st.tuples(hostile, cell), max_size=6).map(tuple)
    rows = st.lists(st.tuples(hostile, hostile, cell), max_size=6).map(tuple)
    line = st.builds(Line, hostile, hostile, st.just(Series("k", [0, 1], [1, 2])))
    piece = st.builds(Piece, st.just("a.mp4"), hostile, st.just(gone), caption=hostile)
    attached = st.lists(piece, max_size=4).map(tuple)
    block = (
        st.builds(Fields, hostile, items)
        | st.builds(
            lambda title, rows, link: Table(
                title, ("name", "id", "c"), rows, (link,) * len(rows)
            ),
            hostile,
            rows,
            links,
        )
        | st.builds(
            Plot,
            hostile,
            hostile,
            st.lists(line, max_size=4).map(tuple),
            marks=st.lists(st.builds(Mark, st.floats(), hostile), max_size=2).map(
                tuple
            ),
        )
        | st.builds(Chart, hostile, st.builds(Bars, hostile, items_of_bars))
        | st.builds(Note, hostile)
        | st.builds(Text, hostile, hostile)
        | st.builds(Attachment, hostile, hostile, attached, hostile)
    )
    blocks = tuple(draw(st.lists(block, max_size=6)))
    level = draw(st.sampled_from(Level))
    return Report("kind", draw(hostile), blocks, level, draw(links))


def squeezed(text: str) -> str:
    return "".join(text.split())


def cells(report: Report) -> Iterator[Cell]:
    """Yield what must be found again, wherever that is."""
    yield report.title
    for block in report.blocks:
        match block:
            case Fields():
                yield from (part for item in block.items for part in item)
            case Table():
                yield from (cell for row in block.rows for cell in row[1:])
            case Plot():
                yield block.key
                yield from (mark.name for mark in block.marks)
            case Chart():
                yield block.title
            case Note():
                yield block.text
            case Text():
                yield block.title
                yield from block.text.splitlines()
            case Attachment():
                yield block.title
                yield from (block.kind, block.about)
                yield from (piece.caption for piece in block.pieces)


def names(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield the names of runs, as they are and as they may be cut, with their ids."""
    for block in report.blocks:
        pairs: list[tuple[str, str]] = []
        if isinstance(block, Table):
            pairs = [(str(name), str(id_)) for name, id_, *_ in block.rows]
        if isinstance(block, Plot):
            pairs = [(ln.name or ln.run, ln.run) for ln in block.lines]
        cut = fitted((markdown.worded(name) for name, _ in pairs), limits.PHONE_CUT)
        yield from ((name, cut[markdown.worded(name)], id_) for name, id_ in pairs)


def found_again(cell: Cell, everything: str) -> bool:
    if cell is NOW:
        return "<t:1767268800:R>" in everything
    if isinstance(cell, State):
        return cell.value in everything
    return squeezed(formatting.cell(cell).replace("\u200b", "")) in everything


@given(st.lists(reports | hostile_reports(), max_size=4))
def test_any_reports_are_within_all_limits_and_ping_no_one(several):
    for message in render(several, png, STUDIO):
        assert complaints(message) == []
        assert json.loads(message.body)["allowed_mentions"] == {"parse": []}
        for reduced in (plain(message), duplicate(mention(plain(message), ["<@5>"]))):
            assert complaints(reduced) == []


@given(hostile_reports())
def test_no_text_is_lost(report):
    everything = squeezed(told(render([report], png)))
    assert [c for c in cells(report) if not found_again(c, everything)] == []
    for name, cut, id_ in names(report):
        whole = found_again(name, everything) and found_again(id_, everything)
        assert whole or (cut != name and found_again(cut, everything))


@given(hostile | texts)
def test_markup_in_a_name_stays_text(name):
    table = Table("t", ("name", "a column that is wider than a phone"), ((name, 0.5),))
    blocks = (Fields(name, ((name, NOW),)), Note(name), table)
    ours = re.compile(r"\*\*|^-# |<t:1767268800:R>", re.MULTILINE)
    for message in render([Report("kind", name, blocks)], png):
        for embed in json.loads(message.body)["embeds"]:
            written = embed.get("title", "") + "\n" + embed.get("description", "")
            escaped = re.sub(r"\\[^0-9A-Za-z\s]", "\ue000", written)
            assert live(ours.sub("", escaped)) == []


Word = Callable[[], str]


def fields(size: int, word: Word) -> Block:
    return Fields("f", tuple((word(), word()) for _ in range(size)))


def times(size: int, word: Word) -> Block:
    return Fields("t", (*((word(), word()) for _ in range(size)), ("at", NOW)))


def table(size: int, word: Word) -> Block:
    columns = ("name", "span", "loss")
    rows = tuple((word(), word(), timedelta(seconds=20)) for _ in range(size))
    return Table("b", columns, rows, ("https://wandb.ai/a/b",) * size)


def text(size: int, word: Word) -> Block:
    return Text("x", "\n".join(word() for _ in range(size * 9)))


def note(_size: int, word: Word) -> Block:
    return Note(word())


def plot(size: int, word: Word) -> Block:
    key = word()
    series = Series("k", [0.0], [0.5])
    listed = size <= 4  # of more lines the picture itself has a list
    names = [word() if listed else "in the picture" for _ in range(size)]
    return Plot(key, "step", tuple(Line("r", name, series) for name in names))


def attached(messages: Iterable[Message]) -> str:
    """Return the values that are too many for a channel."""
    files = (file for message in messages for file in message.files)
    return "".join(f.content.decode() for f in files if f.name.endswith(".csv"))


KINDS = st.sampled_from([fields, times, table, text, note, plot])


@given(st.lists(st.lists(st.tuples(KINDS, st.integers(0, 40)), max_size=8), max_size=4))
def test_long_reports_stay_in_order_without_repeats(plan):
    numbers = count()
    wanted: list[str] = []

    def word() -> str:
        wanted.append(f"w{next(numbers):05}w")
        return wanted[-1]

    several = [
        Report("kind", "title", tuple(make(n, word) for make, n in blocks))
        for blocks in plan
    ]
    messages = render(several, png, STUDIO)
    shown = re.findall(r"w\d{5}w", told(messages))
    assert shown == sorted(set(shown)), "in order, each once"
    assert {*shown, *re.findall(r"w\d{5}w", attached(messages))} == {*wanted}
    assert [complaints(m) for m in messages] == [[]] * len(messages)


@pytest.mark.parametrize("amount", [100, 3000])
def test_a_huge_report(amount):
    series = Series("k", [0.0], [0.5])
    blocks: tuple[Block, ...] = (
        Fields("many", tuple((f"key{i}", f"v{i}") for i in range(amount))),
        *(Plot(f"key{i}", "step", (Line("r", "n", series),)) for i in range(50)),
        Text("console", "\n".join(f"line {i}" for i in range(amount))),
    )
    messages = render([Report("kind", "title", blocks)], png)
    everything = told(messages)
    assert all(f"v{i}\n" in everything for i in range(25))
    assert f"{amount - 25:,} more many: kind.csv" in everything
    assert all(f",v{i}\n" in attached(messages) for i in range(amount))
    assert f"line {amount - 1}" in everything
    assert any("title (continued 2/" in message.body for message in messages)
    names = [file.name for message in messages for file in message.files]
    assert len(set(names)) == 51
    assert all(re.fullmatch(r"[a-z0-9_]+\.png|kind\.csv", name) for name in names)
    assert [c for m in messages for c in complaints(m)] == []
