"""The schema that editors use and `check` agree."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.config import json_schema
from wandbwatch.config.load import ConfigFile, from_tree
from wandbwatch.model.errors import ConfigError

from tests import watch_schema
from tests.config.test_example import known_settings
from tests.config.test_properties import VALUES, WORDS

EXAMPLE = (Path(__file__).parents[2] / "watch.toml.example").read_text()
SCHEMA = jsonschema.Draft7Validator(json_schema.schema())
FORM = re.compile(r"unknown setting|must be (?!from|shorter)|has no |needs at least")


def complaints(tree: Any) -> tuple[str, ...]:
    try:
        from_tree(tree, {}, ConfigFile())
    except ConfigError as e:
        return e.complaints
    return ()


def test_the_shipped_file_is_renewed():
    assert watch_schema.FILE.read_text() == watch_schema.text(), (
        "run python -m tests.renew"
    )


def test_it_is_a_schema_and_the_example_is_valid():
    jsonschema.Draft7Validator.check_schema(json_schema.schema())
    SCHEMA.validate(tomli.loads(EXAMPLE))


def test_it_has_every_setting_that_check_knows():
    known = known_settings(EXAMPLE)
    top = json_schema.schema()["properties"]
    assert sorted(top) == known.pop("")
    for table, settings_ in known.items():
        one = top[table]
        one = one.get("items") or one.get("additionalProperties") or one
        assert sorted(one["properties"]) == settings_


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Find each (container, key or index) in *tree*."""
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places(tree[key])


def _misspelt(container: Any, key: Any) -> None:
    container[f"{key}x"] = container.pop(key)


def _nested(container: Any, key: Any) -> None:
    container[key] = [[container[key]]]


def _false(container: Any, key: Any) -> None:
    container[key] = False if container[key] is not False else "no"


def _dropped(container: Any, key: Any) -> None:
    del container[key]


@pytest.mark.parametrize("mutate", [_misspelt, _nested, _false, _dropped])
def test_both_refuse_the_same_mutations_of_the_example(mutate: Callable[..., None]):
    judged = 0
    for index, (around, one) in enumerate(places(tomli.loads(EXAMPLE))):
        if mutate is _misspelt and not isinstance(around, dict):
            continue
        tree = tomli.loads(EXAMPLE)
        mutate(*list(places(tree))[index])
        wrong = [c for c in complaints(copy.deepcopy(tree)) if FORM.search(c)]
        judged += bool(wrong)
        assert bool(wrong) >= (not SCHEMA.is_valid(tree)), (mutate, one, wrong)
        if "schema" not in str(wrong):
            assert bool(wrong) == (not SCHEMA.is_valid(tree)), (mutate, one, wrong)
    assert judged > 5


@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_it_refuses_nothing_that_check_takes(tree):
    if not complaints(copy.deepcopy(tree)):
        SCHEMA.validate(tree)
