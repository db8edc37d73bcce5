from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest
from wandbwatch.daemon.config import Config, File, load, parse
from wandbwatch.model.channel import Channel, Quiet, Secret, SecretKind
from wandbwatch.model.errors import ConfigError, UsageError
from wandbwatch.model.subscription import Catchup, Cron, Every, Mode, Subscription

HOOK = "https://discord.com/api/webhooks/123456789012345678/s3cr3t-T0ken_x"
FILTRES = "summary: No such option: --filtres; did you mean --filters"
RESEARCH = "did you mean 'research'?"
FORMS = "a string or one of { env = … }, { file = … }, { credential = … }"
MORE = "; also *, */5, 1-4 and 1,3"
SPANS = "'5' is no span of time; write 90s, 60m, 1h30m, 2d"
SMALL = f"""\
[channels.research]
webhook = "{HOOK}"

[[subscriptions]]
name = "hourly"
channel = "research"
cron = "@hourly"
commands = ["project a/b"]
"""


def check(line: str) -> None:
    if "--filtres" in line:
        raise UsageError(FILTRES)


def read(text: str, **about: object) -> Config:
    return parse(text, File(**about), check)  # type: ignore[arg-type]


def complaints(text: str, **about: object) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as error:
        read(text, **about)
    assert error.value.exit_code == 78
    assert "s3cr3t" not in str(error.value)
    return error.value.complaints


def with_channel(settings: str) -> str:
    return SMALL.replace(f'webhook = "{HOOK}"', settings)


def with_subscription(settings: str) -> str:
    return SMALL + settings + "\n"


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
        silent=True,
        quiet=Quiet(time(22), time(8)),
        any_host=True,
    )
    assert config.subscriptions == (
        Subscription(
            "live",
            "research",
            Every(timedelta(minutes=90)),
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
    told = [c.removeprefix("watch.toml:") for c in complaints(text)]
    assert [c.replace(" subscriptions", " …") for c in told] == [
        "1: timezon: unknown setting; did you mean 'timezone'?",
        f"3: channels.research: webhook: must be {FORMS}",
        f'6: …[0] "ok": channel: there is no [channels.resarch]; {RESEARCH}',
        f"7: …[0] \"ok\": cron: hour '25' is not acceptable (0-23{MORE})",
        f'11: …[0] "ok": commands[1]: {FILTRES}',
        f'17: …[1] "gpt": interval: {SPANS}',
        '17: …[1] "gpt": interval: cron stands here as well; keep one of them',
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
            "URL is none",
        ),
        (
            'webhook = "https://u:s3cr3t@discord.com/api/webhooks/1/x"',
            "which is not Discord",
        ),
        ('webhook = "https://discord.com:99999/s3cr3t"', "URL is none"),
        ('webhook = "s3cr3t"', "URL is none"),
        ('webhook = { envv = "s3cr3t" }', "one of { env"),
        ('webhook = { env = "A", file = "s3cr3t" }', "one of { env"),
        (f'webhook = {{ env = "{HOOK}" }}', "a variable's name"),
        ("webhook = { env = 3 }", "webhook.env: must name a place"),
        ('any_host = "yes"', "any_host: must be true or false, not a string"),
        ("", "line"),
    ],
)
def test_a_wrong_webhook_is_told_without_being_shown(settings, complaint):
    text = with_channel(settings) if settings else SMALL + "line = 1"
    assert complaint in "\n".join(complaints(text))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ('username = "Mr Discord"', 'refuses "clyde" and "discord"'),
        ('username = "everyone"', "refuses the name"),
        ('username = ""', "1 to 80"),
        (f'username = "{"x" * 81}"', "1 to 80"),
        ('thread_id = "1"\nthread_name = "x"', "thread_id stands here as well"),
        ('thread_id = "general"', "the thread's number"),
        ("thread_id = true", "thread_id: must be a string"),
        (f'thread_name = "{"x" * 101}"', "1 to 100"),
        ('avatar_url = "file:///etc/passwd"', "not a URL that begins with"),
        ('mention = "@evryone"', "mention: '@evryone' is none of"),
        ('mention = ["@here", "bob"]', "mention[1]: 'bob'"),
        ("mention = [7]", "mention[0]: must be a string"),
        ('quiet = "22-8"', "is not like 22:00-08:00"),
        ('quiet = "24:00-08:00"', "is not like"),
        ('quiet = "08:00-08:00"', "begins when it ends"),
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
        ('catchup = "none"\ngrace = "1h"', "says nothing beside"),
        ('grace = "0m"', "is no time at all"),
        ('timeout = "400d"', "longer than a year"),
        ('timeout = "99999999999s"', "no span of time"),
        ('jitter = "1h"', "must be shorter than the 1:00:00 between"),
        ("jitter = 5", "must be a string, not a whole number"),
        ('account = "lab"', "there is no [accounts.lab]"),
        ("skip_unchanged = 'yes'", "must be true or false"),
        ('comands = ["x"]', "did you mean 'commands'?"),
        ("retries = 3", "unknown setting; known are account, catchup"),
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
        ("[[subscriptions]]", "has no cron or interval"),
        ('[accounts."a b"]\napi_key = "x"', "is no name"),
        ("[accounts.a]", "accounts.a: has no api_key"),
        ("[accounts.a]\napi_key='x'\nbase_url='wandb.ai'", "begins with https://"),
        ("[daemon]\njobs = 0", "daemon: jobs: must be from 1 to 64, not 0"),
        ("[daemon]\njobs = true", "must be a whole number, not true or false"),
        ('[daemon]\ndead_man = "s3cr3t"', "dead_man: is not a URL"),
        ('[daemon]\nstate = ""', "a directory's path"),
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
        " is the name of subscriptions[0] as well"
    )


def test_what_stands_in_a_file_neither_steers_a_terminal_nor_shows_a_pasted_secret():
    text = (
        f'channels = "x"\n"{HOOK}" = 1\n"\\u001b[31mred\\u202e" = 2\n'
        f'[[subscriptions]]\nname = "n"\nchannel = "{HOOK}"\ncron = "@hourly"\n'
        f'commands = ["project a/b"]\naccount = "{"0123456789" * 4}"\n'
    )
    told = "\n".join(complaints(text))
    assert told.replace("\n", "").isprintable()
    assert "0123456789" * 4 not in told


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
    assert "nothing will ever be posted" in read("").warnings[0]


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
