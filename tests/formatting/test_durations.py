"""One grammar of durations: on the command line, in watch.toml and in rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from wandbwatch.commands.alert.rules import RuleError
from wandbwatch.commands.alert.rules import parse as parse_rule
from wandbwatch.commands.alert.rules.measures import Over
from wandbwatch.commands.alert.rules.tree import Comparison
from wandbwatch.config.load import ConfigFile
from wandbwatch.config.load import parse as parse_config
from wandbwatch.formatting.numbers import parse_duration, parse_positive_duration
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import Interval
from wandbwatch.options import Span

FORMS = {
    "90s": timedelta(seconds=90),
    "1h30m": timedelta(minutes=90),
    "1h 30m": timedelta(minutes=90),
    "1.5h": timedelta(minutes=90),
    "2d": timedelta(days=2),
    "400d": timedelta(days=400),
    "1w": timedelta(weeks=1),
}
WATCH = """
[channels.a]
webhook = {{ env = "HOOK" }}
[[subscriptions]]
name = "x"
interval = "{}"
commands = ["project"]
channel = "a"
"""


@pytest.mark.parametrize(("text", "span"), FORMS.items())
def test_every_form_is_read_in_every_place(text, span):
    assert parse_duration(text) == span
    assert Span.read(text) == span
    config = parse_config(WATCH.format(text), ConfigFile())
    assert config.subscriptions[0].when == Interval(span)
    (leaf,) = parse_rule(f"mean(loss, {text}) > 1").leaves
    assert isinstance(leaf, Comparison)
    assert isinstance(leaf.measure, Over)
    assert leaf.measure.window.seconds == span.total_seconds()


@pytest.mark.parametrize("text", ["", "5", "1h 30", "h", "1 h x", "1e9s", "-1h"])
def test_what_is_not_a_duration_is_refused_in_the_same_words(text):
    with pytest.raises(ValueError, match="is not a duration such as 90s, 1h30m or 2d"):
        parse_duration(text)
    with pytest.raises(ConfigError, match="is not a duration such as 90s, 1h30m or 2d"):
        parse_config(WATCH.format(text), ConfigFile())


def test_zero_and_centuries_are_refused():
    assert parse_duration("0s") == timedelta()
    with pytest.raises(ValueError, match="'0s' is not longer than 0"):
        parse_positive_duration("0s")
    with pytest.raises(ValueError, match="longer than 100 years"):
        parse_duration("99999d")


def test_a_quoted_word_is_no_part_of_a_duration():
    with pytest.raises(RuleError, match="expected ','"):
        parse_rule('mean(loss, 30m "5m") > 1')
