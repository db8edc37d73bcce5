"""A large file is read by other ways than a small one, and gives the same answers."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wandbwatch.model.query import AxisKind
from wandbwatch.sources.local import index, log
from wandbwatch.sources.local.large.vectors import Segment, Unusual, records
from wandbwatch.sources.local.wire import walk

from tests.runs import synthetic
from tests.runs.synthetic import field
from tests.sources.local.reading import curves, over, source

KEYS = (
    *("loss", "a.b", "a.b.c", "net.layer.norm", "word", "big", "_step", "none"),
    "system/cpu",
)
AXES = [over(kind, "loss" * (kind is AxisKind.KEY)) for kind in AxisKind]
QUICK = settings(max_examples=10)


@contextmanager
def large(least: int) -> Iterator[None]:
    """Have files of so many bytes read as large ones, by vectors where possible."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "LARGE", least)
        patch.setattr(index, "_IMPORTS", 0)
        patch.setattr(index, "_SMALL", 1)
        yield


def answers(path: Path) -> list[Any]:
    one = source(path)
    found = [(axis.kind, spelled(path, axis)) for axis in AXES]
    printed, sent = one.console("any", 20), one.alerts("any")
    return [repr(one.run()), found, printed, sent]


def spelled(path: Path, axis: Any) -> dict[str, Any]:
    found = curves(path, *KEYS, axis=axis)
    return {k: repr((list(v.x), list(v.y))) for k, v in found.items()}


def same(path: Path) -> None:
    with large(1 << 60):
        plain = answers(path)
    with large(0):
        assert answers(path) == plain


Row = dict[str, Any]


def rows(seed: int, count: int) -> Iterator[tuple[int, Row]]:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    for step in range(count):
        row: Row = {"loss": 1 / (step + 1), "a.b": step, "wide key ☃" * 9: 0.5}
        row["net.layer.norm"] = draw.choice([1.5, float("nan"), float("-inf"), 10**25])
        if step % 3 == 0:
            row["a"] = {"b": {"c": step}}
        if step % 5 == 0:
            row["word"] = draw.choice(["x", "NaN", True, None, [1], "1"])
        if step % 97 == 0:
            row["big"] = [draw.random() for _ in range(draw.choice([10, 4000]))]
        shuffled = list(row.items())
        draw.shuffle(shuffled)
        yield step, dict(shuffled)


def nested(key: str) -> tuple[str, ...]:
    return tuple(key.split(".")) if key.startswith("net") else (key,)


def usual(_: random.Random, step: int, row: Row) -> list[bytes]:
    items = [synthetic.item(nested(key), value) for key, value in row.items()]
    items += [synthetic.item(("_step",), step), synthetic.item(("_runtime",), step / 2)]
    items.append(synthetic.item(("_timestamp",), synthetic.START + step))
    runtime = synthetic.item(("_wandb", "runtime"), step)
    summaries = [synthetic.summary([runtime]), synthetic.summary(items)]
    return [*summaries, synthetic.history(items, step)]


def old(_: random.Random, step: int, row: Row) -> list[bytes]:
    """Flat keys, no field for the step, and now and then none at all."""
    items = [synthetic.item(key, value) for key, value in row.items()]
    if step % 7:
        items.append(synthetic.item("_step", 2 * step))
    return [synthetic.history(items, None)]


def typed(_: random.Random, step: int, row: Row) -> list[bytes]:
    numbers = [
        synthetic.typed((key,), 6, float(value))
        for key, value in row.items()
        if isinstance(value, int | float)
    ]
    zigzag = step << 1 if step % 2 else (step << 1) + 1
    numbers.append(synthetic.typed(("a.b",), 5, zigzag))
    numbers.append(synthetic.typed(("word",), 4, step % 2))
    numbers.append(synthetic.typed(("big",), 7, "text"))
    return [synthetic.summary(numbers), synthetic.history(numbers, step)]


def disordered(draw: random.Random, step: int, row: Row) -> list[bytes]:
    """All fields in any order, those of the record too; unknown ones among them."""

    def mixed(*parts: bytes) -> bytes:
        some = list(parts)
        draw.shuffle(some)
        return b"".join(some)

    def item(key: str, value: Any) -> bytes:
        json = synthetic.item("", value).removeprefix(b"\x0a\x00")
        labels = b"".join(field(2, label) for label in nested(key))
        return mixed(labels, json, field(40, step), field(41, 0.5))

    items = [field(1, item(key, value)) for key, value in row.items()]
    if step % 2:
        items.append(field(2, field(1, step)))
    else:
        items.append(field(1, item("_step", step)))
    numbered = (field(1, step), field(16, field(1, 1)), field(200, b""))
    found = [mixed(*numbered, field(2, mixed(*items)))]
    if step % 2:
        found.append(mixed(*numbered, field(3, mixed(*items[:-1]))))
    return found


def removing(_: random.Random, step: int, row: Row) -> list[bytes]:
    found = usual(_, step, row)
    gone = [synthetic.item(("word",), 0)] if step % 50 == 1 else []
    return [*found, synthetic.summary([], gone)]


SHAPES: list[Callable[[random.Random, int, Row], list[bytes]]] = [
    usual,
    old,
    typed,
    disordered,
    removing,
]


def written(path: Path, shape: Any, seed: int, count: int, phase: int = 0) -> Path:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    found = [synthetic.run("any", name="any"), *others(draw)]
    for step, row in rows(seed, count):
        found += shape(draw, step, row)
        if draw.random() < 0.02:
            found += others(draw)
    if seed % 3:
        found.insert(draw.randrange(len(found)), synthetic.exit_record(seed % 2))
    return synthetic.write(path, found, phase=phase)


def others(draw: random.Random) -> list[bytes]:
    """Records of the kinds that are seldom there."""
    config = synthetic.field(5, field(1, synthetic.item("lr", draw.random())))
    alert = field(10, field(1, "title") + field(2, "text"))
    printed = field(13, field(1, 1) + field(3, f"line {draw.random()}\n"))
    defined = field(12, field(1, "loss") + field(8, field(1, 1) + field(3, 1)))
    sample = synthetic.stats(synthetic.START, {"cpu": draw.random()})
    every = [config, alert, printed, defined, sample]
    return draw.sample(every, draw.randrange(3))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "run-any.wandb"


@QUICK
@pytest.mark.parametrize("shape", SHAPES)
@given(st.integers(0, 10**6), st.integers(1, 900), st.sampled_from([0, 7]))
def test_any_rows(file, shape, seed, count, phase):
    same(written(file, shape, seed, count, phase))


@QUICK
@given(st.data())
def test_any_damage(file, data):
    written(
        file, data.draw(st.sampled_from(SHAPES)), data.draw(st.integers(0, 99)), 300
    )
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(7, len(content) - 1))
        width = data.draw(st.sampled_from([1, 3, 50, 40_000]))
        content[at : at + width] = data.draw(
            st.sampled_from([b"\0", b"\xff", b"8"])
        ) * (len(content[at : at + width]))
    file.write_bytes(content[: data.draw(st.integers(7, len(content)))])
    same(file)


def test_a_real_run(local_runs):
    (path,) = local_runs.glob("wandb/*-finished/run-finished.wandb")
    with large(1 << 60):
        plain = [repr(source(path).run()), spelled(path, AXES[0])]
    with large(0):
        assert [repr(source(path).run()), spelled(path, AXES[0])] == plain


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_cores_share_a_file(file, monkeypatch):
    written(file, usual, 1, 900)
    monkeypatch.setattr(index, "_workers", lambda _: 3)  # though pytest has threads
    same(file)


def test_who_shows_what_is_waited_for_does_not_keep_it_on_one_core(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    done = threading.Event()
    daemon = threading.Thread(target=done.wait, daemon=True)
    other = threading.Thread(target=done.wait)
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.main_thread()])
    assert index.cores() == 2
    several = [threading.main_thread(), daemon]
    monkeypatch.setattr(threading, "enumerate", lambda: several)
    assert index.cores() == 2
    several.append(other)
    assert index.cores() == 1


@QUICK
@given(st.sampled_from(SHAPES), st.integers(0, 10**6), st.sampled_from([0, 7]))
def test_the_same_records(file, shape, seed, phase):
    content = written(file, shape, seed, 500, phase).read_bytes()
    end = (len(content) - phase) // synthetic.BLOCK * synthetic.BLOCK + phase
    if end < synthetic.BLOCK:
        return
    every, edge = set(range(1, 64)), synthetic.BLOCK + phase
    slow = walk(content, 7, edge, end, wanted=every, parts=[], lost=[])
    expected = [(kind, data[at:stop]) for kind, data, at, stop in slow]
    segment = Segment()
    with file.open("rb") as opened:
        segment.read(opened, 0, end)
    try:
        found = records(segment, 0, end)
    except Unusual:
        return  # the last record is not whole
    places = zip(found.start.tolist(), found.end.tolist(), strict=True)
    texts = [bytes(segment.view[at:stop]) for at, stop in places]
    assert list(zip(found.kind.tolist(), texts, strict=True)) == expected


@pytest.mark.parametrize("damaged", [[0], [-2], [3, 4], [3, 40], list(range(200))])
def test_the_same_damage_in_several_rows_is_seen(tmp_path, damaged):
    item = [synthetic.item(("loss",), 0.5)]
    every = [synthetic.history(item, 1000 + n) for n in range(3000)]
    path = synthetic.write(tmp_path / "run-any.wandb", every)
    segment = Segment()
    with path.open("rb") as opened:
        segment.read(opened, 0, 2 * synthetic.BLOCK)
    found = records(segment, 0, synthetic.BLOCK)
    assert found.of({2}).kind.size == found.kind.size > 600
    for n in damaged:
        segment.data[int(found.start[n])] ^= 4
    with pytest.raises(Unusual):
        found.of({2})


def test_damage_that_nobody_had_to_read_is_not_noted(file):
    content = bytearray(written(file, usual, 0, 300).read_bytes()[:33_450])
    content[639] = 0
    file.write_bytes(content)
    same(file)
