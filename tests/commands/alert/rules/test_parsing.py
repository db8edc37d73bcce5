"""Rules are read, and errors name their place."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.commands.alert.rules import RuleError, parse
from wandbwatch.commands.alert.rules.functions import FUNCTIONS

import tests

GOOD = [
    ("train/loss > 5", ("train/loss",)),
    ("max(train/loss, 30m) >= 5", ("train/loss",)),
    ("avg(loss, 1h30m) < -1e-3", ("loss",)),
    ("change(train/loss, 1h) > 50%", ("train/loss",)),
    ("change(train/loss, 10) < 0.5", ("train/loss",)),
    ("zscore(train/loss, 30) > 3", ("train/loss",)),
    ("nan(train/loss)", ("train/loss",)),
    ("spike(train/loss, 4.5)", ("train/loss",)),
    ("plateau(val/acc, 2h, max)", ("val/acc",)),
    ("gap(train/loss, val/loss, 10m) > 30%", ("train/loss", "val/loss")),
    ("deviates(loss, 3)", ("loss", "_step")),
    ("stalled(30m)", ("_step",)),
    ("epoch == 10 or phase != 1", ("epoch", "phase")),
    ("change(train/loss, 10, 50) > 5%", ("train/loss",)),
    ("change(loss, 10m, 1h, either) > 5%", ("loss",)),
    ("nan(train/*)", ("train/*",)),
    ("'val loss' > 5 and (\"it's %\" < 1 or nan(x))", ("val loss", "it's %", "x")),
    (r"'a \' b' > 1", ("a ' b",)),
    ("min > 5 or max < 3", ("min", "max")),
    ("日本-x.y:z@1 > 5", ("日本-x.y:z@1",)),
]
BAD = [
    ("", "column 1, at its end: expected a key or a function"),
    ("x", "column 2, at its end: expected a comparison such as > 5"),
    ("train/loss >> 5", "column 13, at '> 5': expected a number"),
    ("x = 5", "column 3, at '= 5': expected a comparison such as > 5"),
    ("change(x, either) > 1", "column 11, .*: expected one window or two"),
    ("x > nan", "column 5, at 'nan': expected a number"),
    ("x > 5 y", "column 7, at 'y': expected `and`, `or` or the end"),
    ("x > 5 and", "column 10, at its end: expected a key or a function"),
    ("(x > 5", r"column 7, at its end: expected '\)'"),
    ("max(a, 30m > 5", "column 12, at '> 5': expected ','"),
    ("maxx(a, 5) > 3", "column 1, .* unknown function 'maxx'; known: latest, min"),
    ("max(a) > 5", r"column 1, .*: expected 2 arguments, not 1; usage: max\(KEY, 30m"),
    ("min(a, 5q) > 1", "column 8, .*is not a duration such as"),
    ("min(a, 0) > 1", "column 8, .*: expected 1 to 10000 values"),
    ("zscore(a, 3) > 1", "column 11, .*: expected 5 values or more"),
    ("nan(x) > 3", "column 8, at '> 3': .*remove the comparison"),
    ("x > 5%", "column 6, at '%': this value cannot be compared"),
    ("idle(disk, 5m)", "column 6, .*: expected gpu or cpu"),
    ("deviates(x, -3)", "column 13, .*: expected a number above 0"),
    ("plateau(x, 2h, low)", "column 16, .*: expected min or max"),
    ("log(/(/)", "column 5, .*: not a regular expression: missing"),
    ("log('x')", "column 5, .*: expected a regular expression between slashes"),
    ('"open > 3', "column 1, .*: expected a key"),
    ("(" * 30 + "x > 1", "column 22, .*: too many parentheses"),
    ("x" * 2000, "more than 1000 characters"),
]


@pytest.mark.parametrize(("text", "keys"), GOOD)
def test_a_good_rule_is_parsed(text, keys):
    assert parse(text).needs.keys == keys


@pytest.mark.parametrize(("text", "said"), BAD)
def test_an_error_names_the_column_in_one_line(text, said):
    with pytest.raises(RuleError, match=said) as e:
        parse(text)
    assert "\n" not in str(e.value)


def test_a_rule_knows_the_data_it_needs():
    assert parse("log(/CUDA out of memory/i)").needs.console
    assert parse("deviates(x, 3) or x > 1").needs.peers
    assert "system/gpu.0.gpu" in parse("idle(gpu, 15m)").needs.keys
    assert "system/gpu.7.memoryAllocated" in parse("memory(gpu) > 95%").needs.keys


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_parses_as_its_usage_says(name):
    for usage in FUNCTIONS[name].usage.split(" or "):
        if "(" not in usage:
            continue
        comparing = usage if usage[-1] != ")" else f"{usage} > 1"
        claiming = usage
        good = 0
        for text in dict.fromkeys((comparing, claiming)):
            try:
                parse(text.replace("REGEX", "x+"))
                good += 1
            except RuleError:
                continue
        assert good == 1, usage


@given(st.text(alphabet="ax1 5m.()<>=,%/'\"\\nor+*[]{}", max_size=40))
def test_any_text_is_a_rule_or_a_rule_error(text):
    with suppress(RuleError):
        rule = parse(text)
        assert parse(rule.text) == rule


def test_the_documented_rules_parse_and_cover_every_function():
    page = (Path(tests.__file__).parents[1] / "docs" / "events.md").read_text()
    _, table = page.split("### Rules")
    shown = re.findall(r"^\| `([^`]+)` \|", table.split("###")[0], re.MULTILINE)
    assert len(shown) > 10
    names = {parse(text).text.split("(")[0] for text in shown}
    assert set(FUNCTIONS) - names == {"latest", "min", "avg"}
