from __future__ import annotations

import pytest
from typer._completion_classes import BashComplete
from wandbwatch.cli.grammar import app


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("_WANDBWATCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("WANDBWATCH_CONFIG", str(tmp_path / "watch.toml"))
    return tmp_path / "watch.toml"


def completed(*words: str) -> list[str]:
    *args, incomplete = words
    shell = BashComplete(app.terminal(), {}, "wandbwatch", "_WANDBWATCH_COMPLETE")
    return [item.value for item in shell.get_completions(args, incomplete)]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("se",), ["service"]),  # neither send nor another internal one
        (("k",), []),
        (("events", "--on", "failed,cr"), ["failed,crashed"]),
        (("alert", "--level", "w"), ["warn"]),
        (("summary", "acme/gpt/la"), ["acme/gpt/latest", "acme/gpt/last-good"]),
        (("summary", "./wandb/la"), []),
        (("diff", "a/b/c", "pre"), ["previous"]),
        (("project", "--to", ""), []),
        (("project", "-o", "js"), ["json", "jsonl"]),
    ],
)
def test_words_are_completed(words, found):
    assert completed(*words) == found


def test_names_of_watch_toml_are_completed(here):
    here.write_text(
        "[channels.alerts]\n[channels.daily]\n"
        '[[subscriptions]]\nname = "nightly"\n[[subscriptions]]\nname = "noon"\n'
    )
    assert completed("project", "--to", "al") == ["alerts"]
    assert completed("hello", "") == ["alerts", "daily"]
    assert completed("run", "ni") == ["nightly"]
    assert completed("unsubscribe", "n") == ["nightly", "noon"]


def test_a_broken_watch_toml_completes_nothing(here):
    here.write_text("[channels")
    assert completed("hello", "") == []
