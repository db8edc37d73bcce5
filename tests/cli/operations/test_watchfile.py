"""The operations around watch.toml, as a shell sees them."""

from __future__ import annotations

import base64
import json
import re
import tomllib

import pytest
from wandbwatch.cli import grammar
from wandbwatch.cli.operations import next as next_operation
from wandbwatch.cli.output import run_line
from wandbwatch.model.errors import ConfigError, ExitCode, UsageError
from wandbwatch.model.ports import Screen
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run, State
from wandbwatch.renderers import json as json_renderer

from tests.fakes import NOW, FakeSource, fake_env

SMALL = """\
timezone = "Europe/Berlin" # ours
[channels.research]
webhook = { env = "WANDBWATCH_TEST_HOOK" }
[[subscriptions]]
name = "morning"
channel = "research"
cron = "0 9 * * *"
commands = ["project a/b"]
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text(SMALL)
    return path


def operate(*words: object) -> object:
    return grammar.read([str(word) for word in words], fake_env(FakeSource()))


def reports(*words: object) -> list[Report]:
    line = operate(*words)
    return list(line.reports) if isinstance(line, grammar.ParsedLine) else []


def next_rows(*words: object) -> list[dict[str, str]]:
    told = json.loads("".join(json_renderer.render(reports("next", *words), Screen())))
    rows: list[dict[str, str]] = told["reports"][0]["blocks"][0]["rows"]
    return rows


def test_letters_that_no_font_has_are_a_warning_with_the_package(path, capsys):
    path.write_text(SMALL.replace("a/b", "a/\U00030000ü"), encoding="utf-8")
    assert operate("check", path) == ExitCode.FINE
    said = capsys.readouterr().err
    assert "no font here has \U00030000; pictures show boxes" in said
    assert "install fonts-noto-cjk" in said


def test_a_right_file_is_fine_and_counted(path, capsys, monkeypatch):
    hook = "https://discord.com/api/webhooks/1/s3cr3t"
    monkeypatch.setenv("WANDBWATCH_TEST_HOOK", hook)
    assert operate("check", path) == ExitCode.FINE
    told = capsys.readouterr()
    assert told.out == f"{path}: fine: 1 subscription, 1 channel, 0 accounts\n"
    assert told.err == ""


def test_a_credential_is_not_looked_for_where_only_its_service_has_it(path, capsys):
    text = path.read_text().replace("env =", "credential =")
    path.write_text(text)
    assert operate("check", path) == ExitCode.FINE
    assert capsys.readouterr().err == ""


def test_a_secret_that_is_not_set_here_is_a_warning(path, capsys):
    assert operate("check", "--config", path) == ExitCode.FINE
    warning = capsys.readouterr().err
    assert f"warning: {path}:3: channels.research: webhook: env WANDBWATCH_T" in warning


def test_check_online_asks_about_the_keys_of_all_lines(path, capsys):
    lines = [
        "project a/b --columns train/loss,val/los --total max_stesp",
        "events a/b --best acuracy:max,train/loss:min",
        "alert a/b --when 'nan(train/lss) or idle(gpu, 5m)'",
        "sweep a/b/c --best val/loss:min",
    ]
    path.write_text(path.read_text().replace('["project a/b"]', json.dumps(lines)))
    keys = ("train/loss", "val/loss", "accuracy", "max_steps")
    run = Run("a", "a", State.FINISHED, summary=dict.fromkeys(keys, 1.0), last_step=9)
    env = fake_env(FakeSource([run]))
    assert grammar.read(["check", str(path), "--online"], env) == ExitCode.CONFIG
    said = [line for line in capsys.readouterr().err.splitlines() if "logged" in line]
    meant = ("val/loss", "max_steps", "accuracy", "train/loss")
    assert len(said) == len(meant)
    assert all(key in line for key, line in zip(meant, said, strict=True))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("https://discord.com/api/webhooks/1", "the webhook's URL is invalid"),
        ("https://discord.com:99/api/webhooks/1/t0ken", "names port 99"),
    ],
)
def test_the_form_of_a_secret_is_checked(path, capsys, monkeypatch, given, words):
    monkeypatch.setenv("WANDBWATCH_TEST_HOOK", given)
    code = run_line(lambda: operate("check", path), lambda _: json_renderer.render)  # type: ignore[arg-type,return-value]
    assert code == ExitCode.CONFIG
    said = capsys.readouterr().err
    assert words in said
    assert "t0ken" not in said


def test_a_secrets_file_that_others_can_read_is_a_warning(path, capsys):
    hook = path.with_name("hook")
    hook.write_text("https://discord.com/api/webhooks/1/t0ken")
    path.write_text(re.sub(r'env = "\w+"', 'file = "hook"', path.read_text()))
    for mode, warned in ((0o644, True), (0o600, False)):
        hook.chmod(mode)
        assert operate("check", path) == ExitCode.FINE
        assert ("chmod 600" in capsys.readouterr().err) is warned


def test_a_wrong_file_is_all_its_complaints_and_exit_code_78(path, capsys):
    path.write_text(SMALL.replace("0 9 *", "0 99 *").replace("project a/b", "projct a"))
    code = run_line(lambda: operate("check", path), lambda _: json_renderer.render)  # type: ignore[arg-type,return-value]
    assert code == ExitCode.CONFIG
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f'wandbwatch: {path}:7: subscriptions[0] "morning": cron: ')
    assert f'{path}:8: subscriptions[0] "morning": commands[0]: ' in second
    assert "'project'" in second


def test_two_files_are_one_too_many(path):
    with pytest.raises(UsageError, match="two files"):
        operate("check", path, "--config", "other.toml")


def test_the_next_times_are_in_the_subscriptions_own_time(path):
    text = SMALL.replace("cron", 'timezone = "America/New_York"\njitter = "5m"\ncron')
    path.write_text(SMALL + text[text.index("[[sub") :].replace("morning", "there"))
    first, second, third, fourth = next_rows(path, "--count", "2")
    names = [row["subscription"] for row in (first, second, third, fourth)]
    assert names == ["there", "morning", "there", "morning"]
    assert second["local time"] == "Fri 2026-01-02 09:00:00 CET"
    assert second["zone"] == "Europe/Berlin"
    assert second["at"] == "2026-01-02T08:00:00Z"
    assert first["local time"].startswith("Thu 2026-01-01 09:0")
    assert first["local time"].endswith(" EST")


def test_no_subscriptions_are_no_times():
    assert "no upcoming runs" in repr(next_operation.report("f", (), NOW, 3))


def test_a_list_of_the_older_bot_is_subscribed_with_its_minutes(path):
    packed = base64.b64encode(
        b"# all\n/project project:a/b topk:-1\n/summary run:a/b/c\n"
    ).decode()
    words = ("subscribe", "new", packed, "digest a/b", "--interval", "60")
    assert operate(*words, "--config", path) == ExitCode.FINE
    added = tomllib.loads(path.read_text())["subscriptions"][-1]
    assert added["commands"] == ["project a/b --topk 0", "summary a/b/c", "digest a/b"]
    assert added["interval"] == "60m"


def test_a_list_is_subscribed_and_unsubscribed(path, capsys):
    words = ("subscribe", "new", "project a/b --topk 3", "summary a/b/c")
    assert operate(*words, "--cron", "@hourly", "--config", path) == ExitCode.FINE
    assert "added 'new'" in capsys.readouterr().out
    text = path.read_text()
    assert text.startswith(SMALL)
    assert 'channel = "research"' in text[len(SMALL) :]
    assert operate("check", path) == ExitCode.FINE
    assert operate("unsubscribe", "new", "--config", path) == ExitCode.FINE
    assert path.read_text() == SMALL


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("morning", "project a/b", "--cron", "@hourly"), "is already the name of"),
        (("new", "projct a/b", "--cron", "@hourly"), "commands[0]: "),
        (("new", "project a/b", "--cron", "0 99 * * *"), "hour '99'"),
        (
            ("new", "project a/b", "--cron", "@hourly", "--channel", "x"),
            "no [channels.x]",
        ),
        (("new", "project a/b", "--interval", "5x"), "is not a duration"),
        (("new", "project a/b", "--interval", "5m", "--mode", "edti"), "'edit'"),
    ],
)
def test_an_invalid_edit_is_not_written(words, complaint, path):
    with pytest.raises(UsageError) as error:
        operate("subscribe", *words, "--config", path)
    assert complaint in str(error.value)
    assert str(error.value).startswith("subscribe: ")
    assert path.read_text() == SMALL


def test_a_file_that_was_wrong_before_is_its_own_mistake(path):
    path.write_text(f"{SMALL}\ntimezon = 'UTC'\n")
    with pytest.raises(ConfigError, match="timezon"):
        operate("subscribe", "new", "project a/b", "--every", "5m", "--config", path)


def test_one_says_when_and_where(path):
    with pytest.raises(UsageError, match="either --cron or --every"):
        operate("subscribe", "new", "project a/b", "--config", path)
    path.write_text("")
    with pytest.raises(UsageError, match="which --channel"):
        operate("subscribe", "n", "project a/b", "--cron", "@daily", "--config", path)


def test_a_file_that_is_missing_is_a_configuration_s_error(tmp_path):
    for words in (["check"], ["next"], ["unsubscribe", "x"]):
        with pytest.raises(ConfigError, match="No such file"):
            reports(*words, "--config", tmp_path / "no" / "watch.toml")
