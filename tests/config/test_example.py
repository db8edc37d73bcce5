"""watch.toml.example is right, and it is whole."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from wandbwatch.cli import grammar
from wandbwatch.config.load import ConfigFile, load, parse
from wandbwatch.model.errors import ConfigError

from tests.fakes import FakeSource, fake_env

EXAMPLE = Path(__file__).parents[2] / "watch.toml.example"
# A schema has no settings of its own: it names parameters.
TABLE = re.compile(r"^\[+(\w+)[\w.]*(?<!\.schema)\]+$", re.MULTILINE)


def test_it_passes():
    env = fake_env(FakeSource())
    config = load(
        EXAMPLE,
        "UTC",
        lambda line, found: grammar.parse(
            line, replace(env, experiment_configs=lambda: found)
        ),
    )
    assert len(config.subscriptions) == 3
    assert list(config.experiments) == ["ppo"]


def known_settings(text: str) -> dict[str, list[str]]:
    """Ask with a setting that there is not, in each table, which ones there are."""
    asking = "zzzz = 1\n" + TABLE.sub(r"\g<0>\nzzzz = 1", text)
    with pytest.raises(ConfigError) as error:
        parse(asking, ConfigFile())
    known = {}
    for complaint in error.value.complaints:
        said = re.fullmatch(r"[^:]+:\d+: (\w*).*zzzz: .* known: (.*)", complaint)
        assert said, complaint
        known[said[1].replace("zzzz", "")] = said[2].split(", ")
    return known


def test_every_setting_there_is_is_in_it():
    text = EXAMPLE.read_text()
    known = known_settings(text)
    tables = {"channels", "accounts", "subscriptions", "experiments"}
    assert set(known) == {"", *tables, "daemon", "keep"}
    top, *parts = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    shown: dict[str, set[str]] = {"": set()}
    for part in (top, *parts):
        if ".schema]" in part.partition("\n")[0]:
            shown["experiments"].add("schema")
            continue
        table = TABLE.match(part)
        kind = table[1] if table else ""
        keys = re.findall(r"^(\w+) = ", part, re.MULTILINE)
        shown.setdefault(kind, set()).update(keys)
    shown[""] |= set(shown) - {""}
    assert {kind: sorted(keys) for kind, keys in shown.items()} == known
