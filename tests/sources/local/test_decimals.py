"""Numbers that are read together are those that `float` reads."""

import math
import struct
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.sources.local.large.decimals import decimals

texts = st.one_of(
    st.floats().map(repr),
    st.floats(0, 1).map(repr),
    st.integers(-(10**22), 10**22).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: f"{d:f}"[:60]),
    st.text("0123456789.-e", min_size=1, max_size=30),
)


def read(spelled: list[str]) -> tuple[Any, Any]:
    ends = np.cumsum([len(text) for text in spelled])
    starts = ends - [len(text) for text in spelled]
    data = "".join(spelled).encode() + bytes(64)
    words = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    return decimals(words, starts, ends)


@given(st.lists(texts, min_size=1, max_size=50))
def test_as_float_does(spelled):
    values, sure = read(spelled)
    for text, value, known in zip(spelled, values.tolist(), sure.tolist(), strict=True):
        if known:
            assert struct.pack("d", value) == struct.pack("d", float(text))


def test_what_wandb_writes_is_sure():
    spelled = [repr(1 / n + math.sin(n) / 1000) for n in range(1, 3000)]
    values, sure = read(spelled)
    assert sure.mean() > 0.9
    assert values[sure].tolist() == [float(spelled[n]) for n in np.flatnonzero(sure)]
