from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest
from wandbwatch.config.load import load
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import ConfigError
from wandbwatch.model.settings import (
    Catchup,
    Channel,
    Cron,
    Interval,
    Mode,
    QuietHours,
    Secret,
    SecretKind,
    Subscription,
)

from tests.config.texts import (
    HOOK,
    SMALL,
    complaints,
    read,
    with_channel,
)


def test_a_small_file_is_read():
    config = read(SMALL)
    webhook = Secret(SecretKind.PLAIN, HOOK)
    assert config.channels == {"research": Channel("research", webhook)}
    hourly = Subscription("hourly", "research", Cron("@hourly"), ("project a/b",))
    assert config.subscriptions == (hourly,)
    assert config.daemon.jobs == 2
    assert config.warnings == ()


def test_every_setting_is_read():
    config = read(
        """
        timezone = "Europe/Berlin"
        [daemon]
        state = "state"
        jobs = 3
        dead_man = { env = "PING" }
        [accounts.lab]
        api_key = { credential = "lab" }
        base_url = "https://wandb.lab.example"
        [channels.research]
        webhook = { file = "hook" }
        thread_id = 123456789012345678
        username = "Gradient Watcher"
        avatar_url = "https://example.org/a.png"
        mention = ["@here", "<@&42>"]
        ping = "bad"
        silent = true
        quiet = "22:00-08:00"
        any_host = true
        [[subscriptions]]
        name = "live"
        channel = "research"
        interval = "1h30m"
        timezone = "America/New_York"
        commands = ["project a/b", "/summary run:a/b/c"]
        mode = "edit"
        skip_unchanged = true
        catchup = "once"
        grace = "2h"
        jitter = "5m"
        timeout = "90s"
        account = "lab"
        """,
        base=Path("/etc/x"),
    )
    assert config.channels["research"] == Channel(
        "research",
        Secret(SecretKind.FILE, "/etc/x/hook"),
        thread_id="123456789012345678",
        username="Gradient Watcher",
        avatar_url="https://example.org/a.png",
        mention=("@here", "<@&42>"),
        ping=Level.BAD,
        silent=True,
        quiet=QuietHours(time(22), time(8)),
        any_host=True,
    )
    assert config.subscriptions == (
        Subscription(
            "live",
            "research",
            Interval(timedelta(minutes=90)),
            ("project a/b", "/summary run:a/b/c"),
            zone="America/New_York",
            mode=Mode.EDIT,
            skip_unchanged=True,
            catchup=Catchup.ONCE,
            grace=timedelta(hours=2),
            jitter=timedelta(minutes=5),
            timeout=timedelta(seconds=90),
            account="lab",
        ),
    )
    lab = config.accounts["lab"]
    assert lab.api_key == Secret(SecretKind.CREDENTIAL, "lab")
    assert lab.base_url == "https://wandb.lab.example"
    assert config.zone == "Europe/Berlin"
    assert config.daemon.state == Path("/etc/x/state")
    assert config.daemon.jobs == 3
    assert config.daemon.dead_man == Secret(SecretKind.ENV, "PING")


def test_what_is_in_a_file_neither_steers_a_terminal_nor_shows_a_pasted_secret():
    text = (
        f'channels = "x"\n"{HOOK}" = 1\n"\\u001b[31mred\\u202e" = 2\n'
        f'[[subscriptions]]\nname = "n"\nchannel = "{HOOK}"\ncron = "@hourly"\n'
        f'commands = ["project a/b"]\naccount = "{"0123456789" * 4}"\n'
    )
    texts = "\n".join(complaints(text))
    assert texts.replace("\n", "").isprintable()
    assert "0123456789" * 4 not in texts


@pytest.mark.parametrize(
    "host", ["discord.com", "canary.discord.com", "ptb.discord.com", "discordapp.com"]
)
def test_every_host_of_discord_is_taken(host):
    assert read(SMALL.replace("discord.com", host)).channels


def test_another_host_is_taken_because_the_file_says_so():
    local = 'webhook = "http://127.0.0.1:8080/api/webhooks/1/x"'
    assert read(with_channel(local + "\nany_host = true")).channels["research"].any_host


def test_a_secret_that_others_can_read_is_warned_about(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_text(SMALL)
    path.chmod(0o644)
    (warning,) = load(path, "UTC").warnings
    assert warning.startswith(f"{path}:2: channels.research: webhook: other users can")
    assert "s3cr3t" not in warning
    path.chmod(0o600)
    assert load(path, "UTC").warnings == ()


def test_a_file_without_subscriptions_is_warned_about():
    assert "it never posts anything" in read("").warnings[0]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a = '\xff'", ":1: not UTF-8 (byte 0xff)"),
        ("timezone = 'UTC'".encode("utf-16"), ":1: not UTF-8"),
        (b"#" * (2 << 20), "larger than"),
    ],
)
def test_a_file_that_is_no_text_is_one_complaint(tmp_path, content, complaint):
    path = tmp_path / "watch.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load(path, "UTC")
    (only,) = error.value.complaints
    assert complaint in only


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "watch.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert load(path, "UTC").subscriptions


def test_a_file_that_cannot_be_read_is_one_complaint(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml", "UTC")
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path, "UTC")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Path("x\0y"), "UTC")


def test_no_secret_is_shown_by_a_config():
    assert "s3cr3t" not in repr(read(SMALL))
