"""A first watch.toml, asked for or not."""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import typer
from wandbwatch.cli import grammar
from wandbwatch.cli.watchfile import init as wizard
from wandbwatch.config.load import Config, load
from wandbwatch.model.errors import ConfigError, LinesError, UsageError
from wandbwatch.model.ports import ListedProject, Viewer
from wandbwatch.model.run import Run, State
from wandbwatch.model.settings import Cron, Interval, Secret, SecretKind

from tests.fakes import NOW, FakeSource, fake_env
from tests.runs.synthetic import write_long

OLD = "# nightly\n\n/summary run:e/p/x filters:a,b\n/project project:e/p topk:1\n"
HOOK = "https://discord.com/api/webhooks/1/s3cr3t"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for variable in ("WANDBWATCH_CONFIG", "WANDB_ENTITY", "WANDB_PROJECT"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def init(*words: str) -> Config:
    """Write watch.toml with nobody to ask, and read it with its lines checked."""
    env = fake_env(FakeSource())
    assert grammar.read(["init", "--yes", *words], env) == 0
    return load(Path("watch.toml"), "UTC", lambda line, _: grammar.parse(line, env))


def test_without_a_word_a_file_is_written_that_passes(here, capsys):
    config = init()
    assert config.channels["discord"].webhook.place == "WANDBWATCH_WEBHOOK"
    (only,) = config.subscriptions
    assert only.commands == ("project entity/project --topk 5",)
    assert (here / "watch.toml").stat().st_mode & 0o777 == 0o600
    assert "export WANDBWATCH_WEBHOOK=" in capsys.readouterr().out


def test_an_editor_finds_the_schema_of_the_file(here):
    init()
    first = (here / "watch.toml").read_text().splitlines()[0]
    schema = unquote(urlsplit(first.removeprefix("#:schema ")).path)
    assert json.loads(Path(schema).read_text())["title"] == "watch.toml"


@pytest.mark.usefixtures("here")
def test_options_say_everything():
    words = ["--webhook-env", "HOOK", "--project", "me/it's", "--interval", "90m"]
    config = init(*words, "--channel", "lab", "--name", "list")
    assert config.channels["lab"].webhook == Secret(SecretKind.ENV, "HOOK")
    (only,) = config.subscriptions
    assert (only.name, only.channel) == ("list", "lab")
    assert isinstance(only.when, Interval)
    assert only.commands == ("project 'me/it'\"'\"'s' --topk 5",)


def test_a_file_for_a_service_of_systemd_is_one_that_it_can_read(here, capsys):
    config = init("--credential", "hook", "--channel", "lab")
    assert config.channels["lab"].webhook == Secret(SecretKind.CREDENTIAL, "hook")
    assert (here / "watch.toml").stat().st_mode & 0o777 == 0o644
    assert "/etc/wandbwatch/credentials/hook" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_a_webhook_is_in_one_place():
    with pytest.raises(UsageError, match="either --webhook-env or --credential"):
        init("--credential", "hook", "--webhook-env", "HOOK")


def test_the_runs_of_this_directory_are_meant_without_an_account(here, monkeypatch):
    write_long(here / "wandb" / "run-20260101_000000-a" / "run-a.wandb", 3, keys=1)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    assert init().subscriptions[0].commands == (f"project {here} --topk 5",)
    Path("watch.toml").unlink()
    monkeypatch.setenv("WANDB_PROJECT", "gpt")
    assert init().subscriptions[0].commands == ("project entity/gpt --topk 5",)


def test_the_first_posts_have_the_metric_of_each_project(here):
    runs = [
        Run("a", "a", State.FINISHED, project="gpt", summary={"val/loss": 0.1}),
        Run("b", "b", State.FINISHED, project="asr", summary={"test,clean/wer": 9.0}),
    ]
    env = fake_env(FakeSource(runs))
    assert grammar.read(["init", "--yes", "--project", str(here)], env) == 0
    (one,) = tomllib.loads(Path("watch.toml").read_text())["subscriptions"]
    keys = r"'val/loss,test\,clean/wer'"
    assert one["commands"] == [
        f"project {here} --topk 5 --keys {keys}",
        f"image {here} --keys {keys}",
    ]


@pytest.mark.usefixtures("here")
def test_the_first_posts_have_the_metric_where_the_project_says_it():
    run = Run("a", "a", State.FINISHED, summary={"val/loss": 0.1, "lr": 1e-3})
    env = fake_env(FakeSource([run]))
    assert grammar.read(["init", "--yes", "--project", "me/gpt"], env) == 0
    assert tomllib.loads(Path("watch.toml").read_text())["subscriptions"][0][
        "commands"
    ] == ["project me/gpt --topk 5 --keys val/loss", "image me/gpt --keys val/loss"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "daily"),
        (["--interval", "60"], "hourly"),
        (["--interval", "1h 30m"], "every-1h30m"),
        (["--cron", "@hourly"], "hourly"),
        (["--cron", "30 8 * * mon-fri"], "weekdays-8"),
        (["--cron", "0 9 * * mon"], "mon-9"),
        (["--cron", "*/15 * * * *"], "every-15m"),
        (["--cron", "0 */4 * * *"], "every-4h"),
        (["--cron", "0 9 1 * *"], "monthly"),
        (["--cron", "0 9-17 * * *"], "reports"),
        (["--cron", "@daily", "--name", "mine"], "mine"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_subscription_is_named_after_its_hours(words, name):
    (only,) = init(*words).subscriptions
    assert only.name == name


def test_a_terminal_lists_the_projects_one_has(monkeypatch, capsys):
    class Account:
        def login(self, _key: str, _server: str | None) -> Viewer:
            raise AssertionError

        def whoami(self, _server: str | None) -> Viewer:
            raise AssertionError

        def projects(
            self, _entity: str, _server: str | None, *, learn: bool = False
        ) -> tuple[ListedProject, ...]:
            assert not learn
            return (
                ListedProject("acme", "gpt", 7, NOW, NOW - timedelta(hours=3)),
                ListedProject("acme", "bert"),
            )

    env = replace(fake_env(FakeSource()), account=Account)
    answers = iter(["2"])
    monkeypatch.setattr(
        typer, "prompt", lambda *_, value_proc, **__: value_proc(next(answers))
    )
    assert wizard.project(None, wizard.on_terminal, env) == "acme/bert"
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["  1  acme/gpt (7 runs, active 3h ago)", "  2  acme/bert"]


@pytest.mark.parametrize("given", ["base64", "file"])
def test_a_list_of_the_older_bot_is_taken_over(given, here):
    (here / "list").write_text(OLD)
    packed = base64.b64encode(OLD.encode()).decode()
    (only,) = init("--from", packed if given == "base64" else "list").subscriptions
    assert only.commands == ("summary e/p/x --filters a,b", "project e/p --topk 1")
    assert str(only.when) == "every 1:00:00"
    assert "\n  # nightly\n" in (here / "watch.toml").read_text()


def test_a_list_that_is_wrong_is_not_taken_over(here):
    (here / "list").write_text("/summary\nproject a/b\nfly\n")
    with pytest.raises(LinesError) as error:
        init("--from", "list")
    assert [line[:7] for line in error.value.lines] == ["line 1:", "line 3:"]
    (here / "list").write_text("# nothing\n")
    with pytest.raises(UsageError, match="no command in it"):
        init("--from", "list")
    assert not (here / "watch.toml").exists()


def test_a_file_is_replaced_only_if_that_is_meant(here):
    (here / "watch.toml").write_text("mine")
    with pytest.raises(UsageError, match="--force replaces it"):
        init()
    assert (here / "watch.toml").read_text() == "mine"
    assert init("--force").subscriptions


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--webhook-env", HOOK], "not what it holds"),
        (["--channel", "a b"], "--channel: 'a b' is not a name"),
        (["--name", ""], "--name: '' is not a name"),
        (["--cron", "@daily", "--interval", "1h"], "either --cron or --every"),
    ],
)
def test_what_is_said_wrong_is_reported(words, complaint, here):
    with pytest.raises(UsageError, match=complaint) as error:
        init(*words)
    assert "s3cr3t" not in str(error.value)
    assert not (here / "watch.toml").exists()


def test_a_wrong_time_is_not_written(here):
    with pytest.raises(ConfigError, match="hour '99'"):
        init("--cron", "0 99 * * *")
    assert not (here / "watch.toml").exists()


def test_the_directory_of_a_named_file_is_made(here):
    grammar.read(["init", "-y", "new/one/watch.toml"], fake_env(FakeSource()))
    assert (here / "new/one/watch.toml").exists()


def typed(answers: list[str], directory: Path) -> str:
    """Run ``init`` on a terminal, give an answer to each question, return it all."""
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "wandbwatch", "init"]
    process = subprocess.Popen(
        program, stdin=theirs, stdout=theirs, stderr=theirs, cwd=directory
    )
    os.close(theirs)
    shown, waiting = "", [*answers]
    try:
        while select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # the other end is closed: it has ended
                break
            if waiting and shown.endswith(": "):
                os.write(ours, f"{waiting.pop(0)}\n".encode())
                shown += "\n"
    finally:
        os.close(ours)
        process.kill()
        process.wait()
    return shown


def test_a_terminal_is_asked_until_the_answer_is_right(here):
    answers = [HOOK.replace("discord", "evil"), HOOK, "me/p", "0 99 * * *", "@hourly"]
    shown = typed(answers, here)
    assert "which is not Discord" in shown
    assert "hour '99' is not valid" in shown
    config = load(here / "watch.toml", "UTC")
    assert config.channels["discord"].webhook == Secret(SecretKind.PLAIN, HOOK)
    assert config.subscriptions[0].when == Cron("@hourly")
    assert config.subscriptions[0].commands == ("project me/p --topk 5",)
    assert config.warnings == ()
