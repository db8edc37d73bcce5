"""Whatever stands in a file: it is read to its end, and what is sound is not lost."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wandbwatch.model.errors import SourceError
from wandbwatch.model.query import AxisKind, Query

from tests.runs import synthetic
from tests.sources.local.reading import curves, over, source

KEYS = ("train/loss", "a.b", "k", "system/cpu", "_step")
AXES = [over(kind, "k" * (kind is AxisKind.KEY)) for kind in AxisKind]
QUICK = settings(max_examples=60)

pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"train/loss", b"\x82\x01", b"\x12\x01k\x82\x01\x011", b"{", b"1"]
    ),
)
messages = st.lists(
    st.builds(
        synthetic.field,
        st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 16, 17, 18, 26, 200]),
        st.one_of(pieces, st.integers(-(2**63), 2**64), st.floats()),
    ),
    max_size=4,
).map(b"".join)
nested = st.recursive(
    messages,
    lambda inner: st.lists(
        st.builds(synthetic.field, st.integers(1, 20), inner), max_size=3
    ).map(b"".join),
    max_leaves=8,
)


def everything(path: Path) -> None:
    one = source(path)
    run = one.run()
    assert run.id
    one.runs(Query(filters={"config.a": {"$gt": 1}}, order="-summary_metrics.k"))
    for axis in AXES:
        for series in curves(path, *KEYS, axis=axis).values():
            assert len(series.x) == len(series.y)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "run-any.wandb"


@QUICK
@given(st.binary(max_size=3000))
def test_any_bytes_behind_the_header(file, content):
    file.write_bytes(synthetic.HEADER + content)
    everything(file)


@QUICK
@given(st.binary(max_size=20))
def test_any_header(file, content):
    file.write_bytes(content)
    try:
        everything(file)
    except SourceError as e:
        assert "\n" not in str(e)  # noqa: PT017 - most headers are refused, some not


@QUICK
@given(st.lists(nested, max_size=20), st.sampled_from([0, 7]))
@example([b"\x92\x01\x02\n\x00"], 0)  # an exit whose code is an empty text
@example([b"\x12\x07\x0a\x05\x12\x01k\x30\x01"], 0)  # a double that is an integer
def test_any_messages_in_sound_chunks(file, records, phase):
    synthetic.write(file, records, phase=phase)
    everything(file)


@QUICK
@given(st.data())
def test_any_flipped_bytes(file, data):
    content = bytearray(_small())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(7, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    everything(file)


def _small() -> bytes:
    rows = chain(*(synthetic.row({"k": n, "a.b": n}, n) for n in range(150)))
    return synthetic.frame([synthetic.run("any"), *rows, synthetic.exit_record(0)])


@QUICK
@given(st.data())
def test_a_truncated_real_file_is_a_prefix_of_itself(local_runs, file, data):
    (real,) = local_runs.glob("wandb/*-finished/run-finished.wandb")
    keys = ("train/loss", "val/loss", "net.layer.norm", "größe/损失")
    whole = curves(real, *keys)
    content = real.read_bytes()
    file.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    source(file).run()
    for key, series in curves(file, *keys).items():
        length = len(series.x)
        assert list(series.x) == list(whole[key].x)[:length]
        assert repr(list(series.y)) == repr(list(whole[key].y)[:length])


@settings(QUICK, max_examples=30)
@given(st.data())
def test_any_cut_of_an_extended_file_reads_on(file, data):
    """A file that grows gives ever longer series, whatever was seen of it before."""
    content = _small()
    cuts = sorted(data.draw(st.lists(st.integers(7, len(content)), min_size=2)))
    before = 0
    for cut in [*cuts, len(content)]:
        file.write_bytes(content[:cut])
        series = curves(file, "k").get("k")
        now = len(series.x) if series else 0
        assert now >= before
        before = now
    assert before == 150
