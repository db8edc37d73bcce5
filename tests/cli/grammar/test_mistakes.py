from __future__ import annotations

import re

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.cli.grammar import app, mistakes
from wandbwatch.cli.grammar.app import ALIASES
from wandbwatch.model.errors import UsageError

from tests.fakes import FakeSource, fake_env


def said(*words: str) -> str:
    with pytest.raises(UsageError) as raised:
        grammar.read(words, fake_env(FakeSource()))
    return str(raised.value)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("project a/b --limit 5", "did you mean --topk?"),
        ("project a/b -n 5", "did you mean --topk?"),
        ("project a/b --sort lr", "did you mean --order?"),
        ("image a/b --topk 3", "no such option: --topk; it has --runs, --keys"),
        ("project a/b --topk -1", "-1 is less than 0; 0 shows all"),
        ("project a/b --colums x", "did you mean --columns?"),
        ("summary a/b/c --metrics x", "did you mean --keys?"),
        ("digest a/b --last 7d", "did you mean --since?"),
        ("top a/b --interval 5s", "did you mean --watch?"),
        ("alert a/b --rule x>1", "did you mean --when?"),
        ("project a/b --json", "did you mean --output json?"),
        ("project a/b --last 7d", "it has --topk, --filters, --order"),
        ("logs a/b/c --tail 3", "did you mean --topk?"),
        ("events a/b --on fail", "did you mean 'failed'?"),
        ("alert a/b", "alert: missing --when;"),
        ("diff a/b/c", "diff: missing RUN|best|previous|last-good;"),
        ("experiments foo", "`wandbwatch experiments --help` shows"),
    ],
)
def test_a_wrong_option_names_the_right_one(words, hint):
    assert hint in said(*words.split())


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("project a/b --keys val/loss train/loss", "--keys val/loss,train/loss;"),
        ("top a/b --keys loss acc", "separate keys by commas: --keys loss,acc;"),
        ("top a/b --keys lr foo", "separate keys by commas: --keys lr,foo;"),
        ("image a/b --runs x y", "separate runs by commas: --runs x,y;"),
        ("events a/b --on failed crashed", "separate kinds by commas: --on"),
        ("summary a/b c", "too many words: c; write a/b/c;"),
    ],
)
def test_a_second_key_is_no_address(words, hint):
    assert hint in said(*words.split())


@pytest.mark.parametrize(
    "words", ["project --keys loss eval/x", "project a/b --keys loss a/eval"]
)
def test_an_address_may_follow_the_keys(words):
    assert grammar.read(words.split(), fake_env(FakeSource()))


def test_one_word_each_says_how_many_how_long_back_and_how_often():
    """The others still work."""
    words = {
        "--topk": "project sweep top experiments logs media next",
        "--since": "image system alert digest history",
        "--every": "wait alert init subscribe",
    }
    others = {"--lines", "--rows", "--count", "--last", "--interval"}
    known = app.terminal().plugins
    seen = set()
    for word, commands in words.items():
        for name in commands.split():
            options = {option for p in known[name].params for option in p.opts}
            assert word in options, name
            seen |= others & options
    assert seen == others


def test_keys_are_separated_by_commas():
    assert "commas: --keys a,b" in said("image", "x/y", "--keys", "a", "b")


def test_broken_json_shows_how_to_quote_it():
    told = said("project", "a/b", "--filters", "{state:", "failed}")
    assert """--filters '{"state": "failed"}'""" in told


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("runs", "`wandbwatch project` lists a project's runs"),
        ("ls a/b", "`wandbwatch project` lists a project's runs"),
        ("help", "`wandbwatch --help`"),
        ("help imgae", "`wandbwatch --help`"),
        ("queue", "`wandbwatch outbox`"),
        ("help image", "`wandbwatch image --help`"),
    ],
)
def test_a_wrong_command_names_the_right_one(words, hint):
    told = said(*words.split())
    assert hint in told
    assert "wandbwatch run`" not in told  # it posts


def test_hints_name_commands_that_exist():
    known = {n for package in ("commands", "cli.operations") for n in names(package)}
    hints = " ".join(mistakes.COMMANDS.values())
    hinted = re.findall(r"`wandbwatch ([a-z]+)", hints)
    assert set(hinted) <= known | set(ALIASES)
    assert not set(mistakes.COMMANDS) & known


def names(package: str) -> list[str]:
    return plugins.names(f"wandbwatch.{package}")


def test_plot_is_image():
    env = fake_env(FakeSource())
    given = grammar.parse("plot a/b --keys loss --smooth 0.5", env).arguments
    assert given["smooth"] == 0.5


@pytest.mark.parametrize(
    "words",
    [
        ("subscribe", "x", "project", "a/b", "--cron", "@daily"),
        ("subscribe", "x", "project", "a/b", "--topk", "3", "--cron", "@daily"),
    ],
)
def test_subscribe_asks_for_quotes(words):
    assert "quote each command line: 'project a/b" in said(*words)


@pytest.mark.parametrize("option", ["--keys", "--columns"])
def test_the_keys_of_project(option):
    line = grammar.parse(f"project a/b {option} loss", fake_env(FakeSource()))
    assert line.arguments["columns"] == ("loss",)


@pytest.mark.parametrize("option", ["--keys", "--filters"])
def test_the_keys_of_summary(option):
    line = grammar.parse(f"summary a/b/c {option} loss", fake_env(FakeSource()))
    assert line.arguments["filters"] == ("loss",)
