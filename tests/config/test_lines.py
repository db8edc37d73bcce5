from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.config.lines import KeyPath, lines

from tests.config.texts import (
    FILTRES,
    FORMS,
    HOOK,
    MORE,
    RESEARCH,
    SMALL,
    SPANS,
    complaints,
    with_channel,
    with_subscription,
)

TRICKY = r'''
# a comment with = and [brackets]
plain = 1            # line 3
"quoted \"key\"" = '#'
'literal key'.inner = "a # b"
deep . "er" .key = 1979-05-27 07:32:00

[table]              # [not.this]
many = [
  "one",             # line 10
  # "commented",

  [ 2, { three = 3, "four" = [ 4 ] } ],
]
text = """
fake = 1
[fake]
""""
after = """x"""      # line 19
literal = """"quoted" \""""""
raw = \'\'\'
[fake2]
\'\'\'\'
[[list]]
name = "first"
[list.sub]
x = 1
[[list.inner]]
y = 1
[[list.inner]]
y = 2
[[list]]
name = "second"
[[list.inner]]
y = 3
'''.replace(r"\'", "'")


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield from paths(inner, (*path, key))


def test_every_value_of_a_tricky_file_has_its_line():
    found = lines(TRICKY)
    assert set(found) == set(paths(tomli.loads(TRICKY)))
    expected = {
        ("plain",): 3,
        ('quoted "key"',): 4,
        ("literal key", "inner"): 5,
        ("deep", "er", "key"): 6,
        ("table",): 8,
        ("table", "many"): 9,
        ("table", "many", 0): 10,
        ("table", "many", 1): 13,
        ("table", "many", 1, 1, "four"): 13,
        ("table", "text"): 15,
        ("table", "after"): 19,
        ("table", "literal"): 20,
        ("table", "raw"): 21,
        ("list", 0): 24,
        ("list", 0, "sub", "x"): 27,
        ("list", 0, "inner", 1, "y"): 31,
        ("list", 1, "name"): 33,
        ("list", 1, "inner", 0, "y"): 35,
    }
    assert {path: found[path] for path in expected} == expected


def test_carriage_returns_do_not_count():
    assert lines("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.booleans().map(lambda flag: str(flag).lower()),
    TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
    TEXTS.map(lambda text: '"""\n' + json.dumps(text)[1:-1] + '"""'),
    st.just("'''\n\"#[a]'''"),
)
GAPS = st.sampled_from([" ", "\n", " # x = [\n", "\n\n "])


def key_text(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


@st.composite
def arrays(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(values, max_size=3))
    return "[" + "".join(draw(GAPS) + item + draw(GAPS) + "," for item in items) + "]"


@st.composite
def inline_tables(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    keys = draw(st.lists(TEXTS, max_size=3, unique=True))
    return "{" + ", ".join(f"{key_text(key)} = {draw(values)}" for key in keys) + "}"


VALUES = st.recursive(SCALARS, lambda v: arrays(v) | inline_tables(v), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    parts = []
    for n in range(draw(st.integers(0, 4))):
        parts.append(draw(st.sampled_from(["", f"[t{n}]", "[[list]]", "[[list.x]]"])))
        for m, key in enumerate(draw(st.lists(TEXTS, max_size=3, unique=True))):
            parts.append(f"{key_text(f'{n}{m}{key}')} = {draw(VALUES)}")
    return "\n".join(parts)


def readable(text: str) -> bool:
    try:
        tomli.loads(text)
    except ValueError:
        return False
    return True


@given(documents().filter(readable))
def test_every_value_of_any_file_has_a_line_and_its_key_is_there(text):
    found, tree = lines(text), tomli.loads(text)
    assert set(found) == set(paths(tree))
    rows = text.split("\n")
    for path, line in found.items():
        if len(path) == 1 and path != ("list",) and not str(path[0]).startswith("t"):
            assert rows[line - 1].startswith(key_text(str(path[0])))


def test_all_complaints_come_at_once_each_with_its_place_in_the_file_s_order():
    text = """\
timezon = "UTC"
[channels.research]
webhook = 7
[[subscriptions]] # the first
name = "ok"
channel = "resarch"
cron = "0 25 * * *"
commands = [
  "project a/b", # fine

  "summary a/b/c --filtres x",
]
[[subscriptions]]
name = "gpt"
channel = "research"
cron = "@hourly"
interval = "5"
commands = "project a/b"
"""
    texts = [c.removeprefix("watch.toml:") for c in complaints(text)]
    assert [c.replace(" subscriptions", " …") for c in texts] == [
        "1: timezon: unknown setting; did you mean 'timezone'?",
        f"3: channels.research: webhook: must be {FORMS}",
        f'6: …[0] "ok": channel: no [channels.resarch]; {RESEARCH}',
        f"7: …[0] \"ok\": cron: hour '25' is not valid (0-23{MORE})",
        f'11: …[0] "ok": commands[1]: {FILTRES}',
        f'17: …[1] "gpt": interval: {SPANS}',
        '17: …[1] "gpt": interval: cron is set too; keep one of them',
        '18: …[1] "gpt": commands: must be an array, not a string',
    ]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            'webhook = "http://discord.com/api/webhooks/1/s3cr3t"',
            "at http://discord.com,",
        ),
        (
            'webhook = "https://evil.example/api/webhooks/1/s3cr3t"',
            "https://evil.example, which",
        ),
        (
            'webhook = "https://discord.com/api/webhook/1/s3cr3t"',
            "URL is invalid",
        ),
        (
            'webhook = "https://u:s3cr3t@discord.com/api/webhooks/1/x"',
            "which is not Discord",
        ),
        ('webhook = "https://discord.com:99999/s3cr3t"', "URL is invalid"),
        ('webhook = "s3cr3t"', "URL is invalid"),
        ('webhook = { envv = "s3cr3t" }', "one of { env"),
        ('webhook = { env = "A", file = "s3cr3t" }', "one of { env"),
        (f'webhook = {{ env = "{HOOK}" }}', "the name of a variable"),
        ("webhook = { env = 3 }", "webhook.env: must be a string"),
        ('webhook = { env = "" }', "webhook.env: must not be empty"),
        ('any_host = "yes"', "any_host: must be true or false, not a string"),
        ("", "line"),
    ],
)
def test_a_wrong_webhook_is_reported_without_being_shown(settings, complaint):
    text = with_channel(settings) if settings else SMALL + "line = 1"
    assert complaint in "\n".join(complaints(text))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ('username = "Mr Discord"', 'refuses "clyde" and "discord"'),
        ('username = "everyone"', "refuses the name"),
        ('username = ""', "1 to 80"),
        (f'username = "{"x" * 81}"', "1 to 80"),
        ('thread_id = "1"\nthread_name = "x"', "thread_id is set too"),
        ('thread_id = "1"\nthread = "run"', "thread: thread_id is set too"),
        ('thread = "user"', "thread: 'user' is not 'run'"),
        ('tags = ["a"]', "must be the tags' IDs"),
        (f"tags = {['1'] * 6}", "at most 5 tags"),
        ('thread_id = "general"', "must be the thread's ID"),
        ("thread_id = true", "thread_id: must be a string"),
        (f'thread_name = "{"x" * 101}"', "1 to 100"),
        ('avatar_url = "file:///etc/passwd"', "not a URL that begins with"),
        ('mention = "@evryone"', "mention: '@evryone' is not one of"),
        ('mention = ["@here", "bob"]', "mention[1]: 'bob'"),
        ("mention = [7]", "mention[0]: must be a string"),
        ('quiet = "22-8"', "is not like 22:00-08:00"),
        ('quiet = "24:00-08:00"', "is not like"),
        ('quiet = "08:00-08:00"', "starts and ends at the same time"),
        ("silent = 1", "silent: must be true or false, not a whole number"),
        ("usrname = 'x'", "did you mean 'username'"),
    ],
)
def test_a_wrong_channel_setting(settings, complaint):
    text = with_channel(f'webhook = "{HOOK}"\n{settings}')
    (only,) = complaints(text)
    assert only.startswith("watch.toml:")
    assert "channels.research: " in only
    assert complaint in only


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ('timezone = "Europe/Berln"', "did you mean 'Europe/Berlin'?"),
        ('timezone = "berlin"', "did you mean 'Europe/Berlin'?"),
        ('timezone = "../../etc/passwd"', "unknown time zone"),
        ('timezone = "Europe"', "unknown time zone"),
        ('mode = "edti"', "'edti' is not 'post' or 'edit'; did you mean 'edit'?"),
        ('catchup = "all"', "not 'once' or 'none'"),
        ('catchup = "none"\ngrace = "1h"', "has no effect with"),
        ('grace = "0m"', "is not longer than 0"),
        ('timeout = "40000d"', "is longer than 100 years"),
        ('timeout = "99999999999s"', "is not a duration"),
        ('jitter = "1h"', "must be shorter than the 1:00:00 between"),
        ("jitter = 5", "must be a string, not a whole number"),
        ('account = "lab"', "no [accounts.lab]"),
        ("skip_unchanged = 'yes'", "must be true or false"),
        ('comands = ["x"]', "did you mean 'commands'?"),
        ("retries = 3", "unknown setting; known: account, catchup"),
    ],
)
def test_a_wrong_subscription_setting(settings, complaint):
    (only,) = complaints(with_subscription(settings))
    assert 'subscriptions[0] "hourly": ' in only
    assert complaint in only


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[subscriptions]\nname = 'x'", "must be [[subscriptions]]"),
        ("channels = 3", "channels: must be [channels.NAME], not a whole number"),
        ("[channels]\nresearch = 3", "channels.research: must be a table"),
        ("[[subscriptions]]", "watch.toml:1: subscriptions[0]: has no name"),
        ("[[subscriptions]]", "needs cron or interval"),
        ('[accounts."a b"]\napi_key = "x"', "is not a name"),
        ("[accounts.a]", "accounts.a: has no api_key"),
        ("[accounts.a]\napi_key='x'\nbase_url='wandb.ai'", "begins with https://"),
        ("[daemon]\njobs = 0", "daemon: jobs: must be from 1 to 64, not 0"),
        ("[daemon]\njobs = true", "must be a whole number, not true or false"),
        ('[daemon]\ndead_man = "s3cr3t"', "dead_man: is not a URL"),
        ('[daemon]\nstate = ""', "must be the path of a directory"),
        ("x = ", "watch.toml:1: Invalid value"),
        ("a = 1\na = 2", "watch.toml:2: "),
        ("a = " + "[" * 3000, "nested"),
        ("a = 99999" + "9" * 5000, "watch.toml"),
    ],
)
def test_a_wrong_file(text, complaint):
    assert complaint in "\n".join(complaints(text))


def test_a_name_is_given_once():
    second = SMALL[SMALL.index("[[sub") :]
    (only,) = complaints(SMALL + second)
    assert only == (
        'watch.toml:10: subscriptions[1] "hourly": name:'
        " is already the name of subscriptions[0]"
    )


@pytest.mark.parametrize("value", ["false", "0", '""', "[]"])
def test_a_table_that_is_none_is_not_taken_for_an_empty_one(value):
    (told,) = complaints(f"daemon = {value}\n{SMALL}")
    assert "daemon: must be a table" in told
