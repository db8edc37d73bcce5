from __future__ import annotations

import pytest
from wandbwatch.config.webhook import read
from wandbwatch.model.errors import ConfigError

GOOD = "https://discord.com/api/v10/webhooks/123/to-K_en"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "https://discord.com/api/webhooks/123/to-K_en",
        "https://discord.com/api/webhooks/123/to-K_en/",
        "https://discord.com/api/v6/webhooks/123/to-K_en?wait=true",
        "https://discord.com:443/api/webhooks/123/to-K_en#x",
    ],
)
def test_any_form_becomes_one(text):
    assert read(text).url.replace(":443", "") == GOOD
    assert read(text).id == "123"


@pytest.mark.parametrize("host", ["discordapp.com", "canary.discord.com"])
def test_discords_other_hosts_are_its_own(host):
    assert read(f"https://{host}/api/webhooks/1/t").url.startswith(f"https://{host}/")


def test_a_thread_in_the_query_is_taken_out():
    address = read(f"{GOOD}?thread_id=77")
    assert (address.url, address.thread_id) == (GOOD, "77")
    assert read(f"{GOOD}?thread_id=x").thread_id is None


ELSEWHERE = [
    "http://discord.com/api/webhooks/1/ttttttttt",
    "https://evil.org/api/webhooks/1/ttttttttt",
    "https://discord.com.evil.org/api/webhooks/1/ttttttttt",
    "https://discord.com:8443/api/webhooks/1/ttttttttt",
    "https://discord.com/proxy/api/webhooks/1/ttttttttt",
    "https://me:secret@discord.com/api/webhooks/1/ttttttttt",
]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_another_host_must_be_allowed(text):
    with pytest.raises(ConfigError, match="any_host") as raised:
        read(text)
    assert "ttttttttt" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_an_allowed_one_may_have_a_port_and_a_path():
    address = read("http://box:8/discord/api/webhooks/1/t", any_host=True)
    assert address.url == "http://box:8/discord/api/v10/webhooks/1/t"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "discord.com/api/webhooks/1/t",
        "https://discord.com/api/webhooks/1",
        "https://discord.com/api/webhooks/x/ttttttttt",
        "https://discord.com/api/webhooks/1/ttttttttt/slack",
        "https://discord.com/api/webhooks/1/../../ttttttttt",
        "https://discord.com/api/webhooks/1/ttt ttttt",
        "https://discord.com/api/webhooks/1/ttt\ntttttt",
        "https://[/api/webhooks/1/ttttttttt",
        "https://x:y/api/webhooks/1/ttttttttt",
    ],
)
def test_an_invalid_webhook_is_reported_without_showing_it(text):
    with pytest.raises(ConfigError, match="the webhook's URL is invalid") as raised:
        read(text, any_host=True)
    assert "ttt" not in str(raised.value)
