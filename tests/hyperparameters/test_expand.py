"""Grids, random samples and schemas: the objects that one line stands for."""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.hyperparameters import ParameterSets, Search, expand, parse
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import ParameterRule, ParameterType, Schema

OPEN = Schema()
STRICT = Schema(
    {
        ("lr",): ParameterRule(ParameterType.FLOAT, low=1e-6, high=1.0, default=1e-3),
        ("epochs",): ParameterRule(ParameterType.INT, low=1, required=True),
        ("model", "head"): ParameterRule(choices=("mlp", "linear", 1)),
        ("extra",): ParameterRule(ParameterType.TABLE),
    }
)


def made(*words: str, schema: Schema = OPEN, **search: Any) -> ParameterSets:
    parsed = parse(words, lambda _: "")
    return expand(parsed, Search(**search), schema, lambda: 7)


def test_a_grid_has_every_combination_in_a_fixed_order():
    found = made("lr=[0.1,0.2]", "model.units=[[8,8],[16]]", "name=x", grid=True)
    assert list(map(json.loads, found.texts)) == [
        {"lr": lr, "model": {"units": units}, "name": "x"}
        for lr in (0.1, 0.2)
        for units in ([8, 8], [16])
    ]
    assert len(made('{"a": [1,2,3,4], "b": [1,2,3,4,5]}', grid=True).texts) == 20


@pytest.mark.parametrize(
    ("words", "search", "complaint"),
    [
        (["lr=1"], {"grid": True}, "needs a parameter with a list"),
        (["lr=[]"], {"grid": True}, "lr: the list is empty"),
        (
            [f"{k}=[1,2,3,4,5,6,7,8,9,10]" for k in "abcde"],
            {"grid": True},
            "100,000 combinations; at most 10,000",
        ),
        (["lr=[1]"], {"grid": True, "random": 2}, "not both"),
        (["lr=1"], {"seed": 2}, "--seed needs --random N"),
        (["lr=1"], {"random": 2}, "nothing to sample"),
        (["lr=[1,2]"], {"random": 10_001}, "at most 10,000"),
        (["lr=log_uniform(0,1)"], {"random": 2}, "must be above 0"),
        (["lr=uniform(1,1)"], {"random": 2}, "min (1) must be less than max"),
        (["lr=uniform(1)"], {"random": 2}, "needs two limits"),
        (["lr=uniform(a,b)"], {"random": 2}, "must be numbers"),
        (["lr=choice()"], {"random": 2}, "no values to choose from"),
        (
            ['{"lr": {"distribution": "zipf"}}'],
            {"random": 1},
            "distribution 'zipf'",
        ),
    ],
)
def test_an_impossible_search_is_refused(words, search, complaint):
    with pytest.raises(UsageError, match=re.escape(complaint)):
        made(*words, **search)


SEARCH = (
    "lr=log_uniform(1e-5,1e-2)",
    "model.drop=uniform(0.0,0.5)",
    "layers=uniform(1,4)",
    "opt=choice(adam, sgd)",
    '{"bs": {"values": [16, 32]}, "wd": {"min": 0.0, "max": 1.0}, "seeds": [1, 2]}',
)


def test_samples_keep_to_their_ranges_and_types():
    drawn = made(*SEARCH, random=400, seed=3)
    many: list[Any] = list(drawn.values)
    assert {v["layers"] for v in many} == {1, 2, 3, 4}
    assert {v["opt"] for v in many} == {"adam", "sgd"}
    assert {v["bs"] for v in many} == {16, 32}
    assert {v["seeds"] for v in many} == {1, 2}
    assert all(0 <= v["model"]["drop"] <= 0.5 and 0 <= v["wd"] <= 1 for v in many)
    decades = [math.floor(math.log10(v["lr"])) for v in many]
    assert set(decades) == {-5, -4, -3}
    assert all(90 < decades.count(d) < 180 for d in set(decades))


def test_a_seed_gives_the_same_samples_beside_other_parameters():
    first = made(*SEARCH, random=5, seed=3)
    assert first == made(*SEARCH, random=5, seed=3)
    assert first.texts != made(*SEARCH, random=5, seed=4).texts
    longer = made("a=uniform(0.0,1.0)", *SEARCH, random=9, seed=3).values
    assert [v["lr"] for v in longer[:5]] == [v["lr"] for v in first.values]


def test_samples_are_the_same_on_every_machine():
    (one,) = made("lr=log_uniform(1e-5,1e-2)", random=1, seed=1).values
    assert one["lr"] == pytest.approx(0.0003943068575266062)


def test_without_a_seed_one_is_chosen_and_returned():
    found = made("lr=[1,2]", random=3)
    assert found.seed == 7
    assert found.texts == made("lr=[1,2]", random=3, seed=7).texts


def test_a_schema_fills_in_its_defaults():
    assert made("epochs=3", schema=STRICT).values == ({"epochs": 3, "lr": 1e-3},)
    assert made('{"epochs": 3}', schema=STRICT).texts == ('{"epochs": 3, "lr": 0.001}',)
    whole = '{"lr": 1,   "epochs": 3, "extra": {"any": {"thing": 1}}}'
    assert made(whole, schema=STRICT).texts == (whole,)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["lr=0.1"], "epochs is required: add epochs=VALUE"),
        (["epochs=3.5"], "epochs = 3.5: must be a whole number"),
        (["epochs=true"], "epochs = true: must be a whole number"),
        (["epochs=0"], "epochs = 0: must be at least 1"),
        (["epochs=1", "lr=2"], "lr = 2: must be at most 1.0"),
        (["epochs=1", "lr=fast"], 'lr = "fast": must be a number'),
        (["epochs=1", "learning=2"], "parameter 'learning'; the schema has lr, epochs"),
        (["epoch=1"], "unknown parameter 'epoch'; did you mean 'epochs'?"),
        (["epochs=1", "model.head=rnn"], 'model.head = "rnn": must be one of "mlp"'),
        (["epochs=1", "model.head=true"], "model.head = true: must be one of"),
        (["epochs=1", "extra=1"], "extra = 1: must be a table"),
    ],
)
def test_a_schema_refuses_wrong_parameters(words, complaint):
    with pytest.raises(UsageError) as raised:
        made(*words, schema=STRICT)
    assert complaint in str(raised.value)


def test_one_wrong_set_refuses_the_whole_grid():
    with pytest.raises(UsageError, match="epochs = 0"):
        made("epochs=[1,2,0]", schema=STRICT, grid=True)


# Neither an object nor a text that would be a distribution: these are refused.
_KEYS = st.text().filter(lambda key: key not in ("distribution", "values"))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().filter(lambda text: not text.rstrip().endswith(")")),
    lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner),
    max_leaves=20,
)


@given(st.dictionaries(_KEYS, _JSON), st.sampled_from([None, 2]))
def test_any_object_reaches_the_script_byte_for_byte(value, indent):
    text = json.dumps(value, indent=indent)
    assert made(text).texts == (text,)


@given(st.text())
def test_any_word_is_read_or_is_a_usage_error(text):
    with contextlib.suppress(UsageError):
        assert isinstance(json.loads(made(text).texts[0]), dict)
