from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st
from wandbwatch.config.lines import KeyPath, lines

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


@settings(deadline=None)
@given(documents().filter(readable))
def test_every_value_of_any_file_has_a_line_and_its_key_is_there(text):
    found, tree = lines(text), tomli.loads(text)
    assert set(found) == set(paths(tree))
    rows = text.split("\n")
    for path, line in found.items():
        if len(path) == 1 and path != ("list",) and not str(path[0]).startswith("t"):
            assert rows[line - 1].startswith(key_text(str(path[0])))
