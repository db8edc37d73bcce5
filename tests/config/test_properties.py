"""Any TOML gives a configuration or complaints, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st
from wandbwatch.config.load import Config, ConfigFile, from_tree, parse
from wandbwatch.model.errors import ConfigError

WORDS = st.sampled_from(
    [
        *("timezone", "channels", "subscriptions", "accounts", "daemon", "webhook"),
        *("name", "channel", "cron", "interval", "commands", "jitter", "mention"),
        *("quiet", "api_key", "env", "file", "credential", "jobs", "state", "a"),
        *("dead_man", "thread_id", "thread_name", "username", "grace", "catchup"),
        *("60m", "0 9 * * *", "@hourly", "UTC", "22:00-08:00", "@here", "~x", "\0"),
        *("https://[", "https://discord.com/api/webhooks/1/a", "http://x:99999/", ""),
    ]
)
VALUES = st.recursive(
    st.one_of(WORDS, st.integers(), st.booleans(), st.floats(), st.dates(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=6)
    ),
    max_leaves=30,
)


def complaints(configured: Callable[[], Config]) -> tuple[str, ...]:
    try:
        configured()
    except ConfigError as e:
        return e.complaints
    return ()


@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_any_tree_is_a_configuration_or_complaints(tree):
    texts = complaints(lambda: from_tree(tree, {}, ConfigFile()))
    assert all(complaint.isprintable() for complaint in texts)


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.tuples(WORDS, WORDS).map('{0[0]} = "{0[1]}"'.format),
        WORDS.map("[channels.{}]".format),
        st.just("[[subscriptions]]"),
    ),
    max_size=12,
).map("\n".join)


@given(LINES)
@example("a = " + "[" * 99999)
@example("a" + ".a" * 99999 + " = 1")
@example("a = " + "{a=" * 400 + "1" + "}" * 400)
@example("[" + "a." * 5000 + "a]")
def test_any_text_is_a_configuration_or_complaints(text):
    complaints(lambda: parse(text, ConfigFile()))
