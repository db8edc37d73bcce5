"""The words of a command line as one object, and the errors in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from wandbwatch.hyperparameters import Search, expand, parse
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Schema

FILES = {
    "a.json": '{\n  "lr": 0.1,\n  "model": {"layers": 2}\n}\n',
    "a.toml": "lr = 0.5\nwhen = 2026-01-02\n[model]\nlayers = 3\n",
    "nan.toml": "[model]\nlr = [1.0, nan]\n",
    "bad.toml": "lr = 1\nlr = = 2\n",
    "twice.json": '{"a": 1,\n "b": {"c": "a", "c": 2}}',
    "list.json": "[1]",
}


def read(place: str) -> str:
    if place not in FILES:
        raise UsageError(f"no file {place!r}")
    return FILES[place]


def text(*words: str) -> str:
    (one,) = expand(parse(words, read), Search(), Schema(), lambda: 0).texts
    return one


def values(*words: str) -> Any:
    return json.loads(text(*words))


def test_a_single_object_keeps_its_text():
    written = ' {"lr":1e-3,  "name": "\\u00e9 ü $(x)", "big": 1E2} '
    assert text(written) == written
    assert text("@a.json") == FILES["a.json"].strip()
    assert text() == "{}"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("x=3e-4", 3e-4),
        ("x=10", 10),
        ("x=1_000", 1000),
        ("x=0x10", 16),
        ("x=.5", 0.5),
        ("x=-5.", -5.0),
        ("x=true", True),
        ("x=null", None),
        ("x=adam", "adam"),
        ("x=", ""),
        ("x=a b", "a b"),
        ("x=007", "007"),
        ("x=a=b", "a=b"),
        ("x=#ff0000", "#ff0000"),
        ("x=1 # one", "1 # one"),
        ("x=1\ny=2", "1\ny=2"),
        ("x='1'", "1"),
        ('x="1"', "1"),
        ("x=[16, 32]", [16, 32]),
        ("x={a = 1}", {"a": 1}),
        ("x=2026-01-02", "2026-01-02"),
        ("x=data/train.csv", "data/train.csv"),
    ],
)
def test_pairs_have_the_types_of_toml(word, value):
    assert values(word) == {"x": value}
    assert type(values(word)["x"]) is type(value)


def test_dots_nest_and_pairs_override_objects_and_files():
    assert values("model.layers=3", "model.head.units=4", "train/lr=1") == {
        "model": {"layers": 3, "head": {"units": 4}},
        "train/lr": 1,
    }
    assert values("lr=1", "@a.json", "model.layers=9") == {
        "lr": 1,
        "model": {"layers": 9},
    }
    assert values("@a.json", "@a.toml") == {
        "lr": 0.5,
        "model": {"layers": 3},
        "when": "2026-01-02",
    }
    assert values('"a.b"=1') == {"a.b": 1}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (['{"lr": NaN}'], "parameters:1:8: NaN is not a JSON number"),
        (['{"lr": [1, -Infinity]}'], "parameters:1:12: -Infinity is not a JSON number"),
        (['{"lr": 1e999}'], "parameters:1:8: 1e999 is too large for a number"),
        (['{"a": 1, "a": 2}'], "parameters:1:10: duplicate key 'a'"),
        (["@twice.json"], "twice.json:2:18: duplicate key 'c'"),
        (["[1, 2]"], "parameters: must be a JSON object such as"),
        (["@list.json"], "list.json: must be a JSON object"),
        (['{"lr": 1,}'], "parameters:1:"),
        (["{lr: 1}"], "in a shell, put the object in single quotes"),
        (["{" * 5], "parameters:1:2: Expecting property name"),
        (['{"a":' * 200_000], "parameters: nested too deeply"),
        (['{"a": %s}' % ("9" * 5000)], "parameters: Exceeds the limit"),
        (["@none.json"], "no file 'none.json'"),
        (["@a.txt"], "write @FILE.json, @FILE.toml or @FILE.yaml"),
        (["@bad.toml"], "bad.toml:2:6: Invalid value"),
        (["opt=[adam,sgd]"], "Invalid value; strings in a list need quotes"),
        (["@nan.toml"], "nan.toml: model.lr[1]: nan is not a JSON number"),
        (["lr=nan"], "lr=nan: lr: nan is not a JSON number"),
        (["lr=-inf"], "lr=-inf: lr: -inf is not a JSON number"),
        (["lr=1", "lr=2"], "lr is given twice"),
        (["m=1", "m.layers=2"], "m.layers: m has a value and is not a table"),
        (["flag=True"], "flag=True: write true, or"),
        (["x=None"], "x=None: write null"),
        (["x=[1,"], "x=[1,: "),
        (["=3"], "'=3' is not KEY=VALUE"),
        (["a..b=3"], "'a..b=3' is not KEY=VALUE"),
        (['{"a": "%s"}' % ("x" * 131_072)], "are 131,081 bytes long; Linux"),
    ],
)
def test_an_error_is_one_line_that_begins_with_its_place(words, complaint):
    with pytest.raises(UsageError) as raised:
        text(*words)
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


def test_a_lone_surrogate_reaches_the_script():
    assert json.loads(text('{"a": "\\ud800"}', "b=1")) == {"a": "\ud800", "b": 1}


def test_the_longest_argument_is_accepted():
    longest = '{"a": "%s"}' % ("x" * (128 * 1024 - 1 - 9))
    assert text(longest) == longest
