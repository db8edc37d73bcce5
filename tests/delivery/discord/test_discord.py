"""The real library, over a real socket, against every way to fail."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from typing import Any

import pytest
from wandbwatch.config import redaction
from wandbwatch.delivery.discord import Discord, Timeouts
from wandbwatch.model.delivery import (
    Ambiguous,
    Delivered,
    Message,
    MessageFile,
    MessageMissing,
    NotSent,
    Outcome,
    Rate,
    RateLimited,
    RateScope,
    Refused,
    WebhookGone,
)
from wandbwatch.model.settings import Channel, Secret, SecretKind

from tests.servers.discord import DiscordServer, Fault, Hook, Limits
from tests.servers.discord.api import GUILD

TOKEN = "tok-of-these-tests"  # noqa: S105 - of our own server
HOOK = Hook("11", TOKEN, threads=("31",))
HELLO = Message('{"content": "hello"}')
PNG = b"\x89PNG\r\n\x1a\n"
DISCORD = Discord()
IMPATIENT = Discord(Timeouts(connect=1, read=0.5, total=1.0))


def channel(server: DiscordServer, hook: Hook = HOOK, **more: Any) -> Channel:
    url = more.pop("url", None) or server.url(hook)
    secret = Secret(SecretKind.PLAIN, url)
    return Channel("lab", secret, any_host=True, **more)


def post(server: DiscordServer, message: Message = HELLO, **more: Any) -> Outcome:
    edit = more.pop("edit", None)
    discord = IMPATIENT if any(fault.stalls for fault in server.faults) else DISCORD
    return discord.post(message, channel(server, **more), edit=edit)


def plotted(name: str, content: bytes) -> Message:
    embed = {"title": "loss", "image": {"url": f"attachment://{name}.png"}}
    body = {"embeds": [embed], "attachments": [{"id": 0, "description": "alt"}]}
    return Message(json.dumps(body), (MessageFile(f"{name}.png", content),))


EDGE = RateLimited(None, RateScope.EDGE)
STORED = [
    ("reset_after", Ambiguous("connection reset")),
    ("close_after", Ambiguous("connection closed without an answer")),
    ("500_after", Ambiguous("500 500: Internal Server Error")),
    ("502_after", Ambiguous("502 Bad Gateway")),
    ("hang_after", Ambiguous("no answer in 0.5 s")),
    ("truncated_after", Delivered()),
    ("drip_after", Delivered()),
    ("bad_json_after", Delivered()),
    ("html_after", Delivered()),
    ("empty_after", Delivered()),
    ("no_id_after", Delivered()),
    ("endless_after", Delivered()),
]
LOST = [
    ("reset_before", Ambiguous("connection reset")),
    ("hang", Ambiguous("no answer in 0.5 s")),
    ("drip_headers", Ambiguous("no complete answer in 1 s")),
    ("500_html", Ambiguous("500 Internal Server Error")),
    ("500_json", Ambiguous("500 500: Internal Server Error")),
    ("502_html", Ambiguous("502 Bad Gateway")),
    ("502_empty", Ambiguous("502 Bad Gateway")),
    ("503_overloaded", Ambiguous("130000 API resource is currently overloaded.")),
    ("504_html", Ambiguous("504 Gateway Timeout")),
    ("401_token", WebhookGone("50027 Invalid Webhook Token")),
    ("403_access", WebhookGone("50001 Missing Access")),
    ("403_agent", EDGE),
    ("404_webhook", WebhookGone("10015 Unknown Webhook")),
    ("404_message", MessageMissing()),
    ("archived", MessageMissing()),
    ("404_html", NotSent("404 Not Found")),
    ("gone", WebhookGone("10015 Unknown Webhook")),
    ("413", Refused(40005, "40005 Request entity too large")),
    ("400_link", Refused(240000, "240000 Message blocked by harmful links filter")),
    ("400_html", Refused(0, "400 Bad Request")),
    ("301", NotSent("301: it redirects; use the final URL")),
    ("429_old_edit", RateLimited(None, RateScope.USER)),
    ("429_edge_html", EDGE),
    ("429_edge_text", EDGE),
    ("429_edge_json", EDGE),
    ("429_nonsense", EDGE),
    ("429_user", RateLimited(7.5, RateScope.USER)),
    ("429_shared", RateLimited(7.5, RateScope.SHARED)),
    ("429_global", RateLimited(7.5, RateScope.GLOBAL)),
]


@pytest.mark.parametrize(("kind", "outcome"), LOST)
def test_what_was_not_stored_is_never_called_delivered(discord_server, kind, outcome):
    discord_server.faults.append(Fault(kind, seconds=7.5))
    assert post(discord_server) == outcome
    assert discord_server.messages == []


@pytest.mark.parametrize(("kind", "outcome"), STORED)
def test_what_was_stored_is_never_called_unsent(discord_server, kind, outcome):
    discord_server.faults.append(Fault(kind))
    assert post(discord_server) == outcome
    assert discord_server.texts == ["hello"]


def test_a_post_is_delivered_and_does_nothing_that_one_should_not(tmp_path):
    server = DiscordServer(tmp_path, Limits(), lambda: 0.0).start()
    message = plotted("loss", PNG)
    outcome = post(server, message, username="wandbwatch", avatar_url="https://x.org/a")
    (record,) = server.messages
    assert outcome == Delivered(record["id"], "21", Rate(4, 2.0))
    assert server.warnings == []
    assert record["payload"]["username"] == "wandbwatch"
    assert record["payload"]["allowed_mentions"] == {"parse": []}
    listed = [{"id": 0, "filename": "loss.png", "description": "alt"}]
    assert record["payload"]["attachments"] == listed
    assert server.requests[0].path.startswith("/api/v10/webhooks/11/…?wait=true")
    assert server.requests[0].agent.startswith("DiscordBot (wandbwatch, ")
    server.stop()


def test_an_edit_has_only_the_new_plots(discord_server):
    first = post(discord_server, plotted("old", PNG + b"old"), thread_id="31")
    assert isinstance(first, Delivered)
    fresh = plotted("new", PNG + b"new")
    again = post(discord_server, fresh, thread_id="31", edit=first.message_id)
    assert again == Delivered(first.message_id, "31")
    (record,) = discord_server.messages
    assert [discord_server.board.file(f) for f in record["files"]] == [PNG + b"new"]
    assert discord_server.warnings == []
    plain = Message('{"content": "done"}')
    post(discord_server, plain, thread_id="31", edit=first.message_id)
    (record,) = discord_server.messages
    assert record["files"] == record["message"]["embeds"] == []
    assert record["message"]["content"] == "done"
    post(discord_server, fresh, thread_id="31", edit=first.message_id)
    assert discord_server.texts == [""]
    assert discord_server.warnings == []


def test_a_note_above_a_message_leaves_its_embeds_and_plots(discord_server):
    whole = plotted("loss", PNG + b"loss")
    first = post(discord_server, whole)
    assert isinstance(first, Delivered)
    (before,) = discord_server.messages
    note = Message(json.dumps({"content": "not readable", "kept": True}))
    assert isinstance(post(discord_server, note, edit=first.message_id), Delivered)
    (after,) = discord_server.messages
    assert after["message"]["content"] == "not readable"
    assert after["message"]["embeds"] == before["message"]["embeds"] != []
    assert after["files"] == before["files"] != []
    assert discord_server.warnings == []


def test_an_edit_of_what_is_not_there_says_so(discord_server):
    assert post(discord_server, edit="99") == MessageMissing()


def test_files_of_equal_names_are_all_sent(discord_server):
    files = (MessageFile("a.png", PNG + b"1"), MessageFile("a.png", PNG + b"2"))
    post(discord_server, Message("{}", files))
    record = discord_server.messages[0]
    assert [discord_server.board.file(f)[-1:] for f in record["files"]] == [b"1", b"2"]


def test_a_silent_channel_still_notifies_for_pings(discord_server):
    post(discord_server, silent=True)
    ping = '{"content": "<@5>", "allowed_mentions": {"parse": [], "users": ["5"]}}'
    post(discord_server, Message(ping), silent=True)
    post(discord_server)
    flags = [m["message"]["flags"] for m in discord_server.messages]
    assert flags == [4096, 0, 0]
    assert [m["pings"] for m in discord_server.messages] == [[], ["users:5"], []]


def test_a_thread_named_in_the_url_is_used(discord_server):
    url = f"{discord_server.url(HOOK)}/?thread_id=31&wait=false"
    outcome = post(discord_server, url=url)
    assert isinstance(outcome, Delivered)
    assert outcome.channel_id == "31"
    edit = post(discord_server, url=url, edit=outcome.message_id)
    assert edit == Delivered(outcome.message_id, "31")


def test_forums(discord_server):
    forum = Hook("13", TOKEN, "23", "forum")
    refused = post(discord_server, hook=forum)
    assert isinstance(refused, WebhookGone)
    assert "220001" in refused.reason
    assert "thread_name or thread_id" in refused.reason
    opened = post(discord_server, hook=forum, thread_name="runs")
    assert isinstance(opened, Delivered)
    assert opened.channel_id == opened.message_id
    missing = post(discord_server, thread_id="99")
    assert missing == WebhookGone("10003 Unknown Channel", thread=True)


def test_a_refusal_names_the_place(discord_server):
    fields = [{"name": "x", "value": "y"}] * 3 + [{"name": "x", "value": "y" * 1025}]
    embed = {"title": "x" * 257, "fields": fields}
    outcome = post(discord_server, Message(json.dumps({"embeds": [embed]})))
    assert outcome == Refused(
        50035,
        "50035 Invalid Form Body: embeds[0].title: Must be 256 or fewer in length.;"
        " embeds[0].fields[3].value: Must be 1024 or fewer in length.",
    )


@pytest.mark.parametrize(
    "body", ['{"content": "x", "y": NaN}', "[]", "{", '{"attachments": [3]}']
)
def test_invalid_json_is_not_sent(discord_server, body):
    assert isinstance(post(discord_server, Message(body)), Refused)
    assert discord_server.requests == []


def test_an_unreachable_server_was_not_sent_to(discord_server):
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    url = f"http://127.0.0.1:{port}/api/webhooks/1/{TOKEN}"
    assert post(discord_server, url=url) == NotSent("connection refused")
    url = f"http://no-such-host.invalid/api/webhooks/1/{TOKEN}"
    outcome = post(discord_server, url=url)
    assert outcome == NotSent("its name can't be resolved; check the network")


def test_no_tls_where_there_should_be_was_not_sent(discord_server):
    url = discord_server.url(HOOK).replace("http:", "https:")
    outcome = post(discord_server, url=url)
    assert isinstance(outcome, NotSent)
    assert "TLS" in outcome.reason


def test_a_probe_changes_nothing(discord_server):
    found = DISCORD.probe(channel(discord_server))
    assert found == Delivered("11", "21", guild_id=GUILD)
    discord_server.faults.append(Fault("gone"))
    assert DISCORD.probe(channel(discord_server)) == WebhookGone(
        "10015 Unknown Webhook"
    )
    assert discord_server.messages == []


def test_the_rate_limit_identity_is_no_secret(discord_server):
    assert DISCORD.identity(channel(discord_server)) == "11"
    nowhere = Channel("lab", Secret(SecretKind.ENV, "NOT_THERE"))
    assert DISCORD.identity(nowhere) == "lab"
    outcome = DISCORD.post(HELLO, nowhere)
    assert isinstance(outcome, NotSent)
    assert "env NOT_THERE: not set in the environment" in outcome.reason


def test_a_silent_listener_ends_by_the_deadline():
    """One that takes connections and never says a word, nor reads."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=8)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/webhooks/1/{TOKEN}"
    secret = Secret(SecretKind.PLAIN, url)
    big = Message("{}", (MessageFile("a.png", b"x" * (8 << 20)),))
    started = time.monotonic()
    impatient = Discord(Timeouts(connect=1, read=60, total=-31.5))
    outcome = impatient.post(big, Channel("lab", secret, any_host=True))
    assert isinstance(outcome, Ambiguous)
    assert time.monotonic() - started < 30
    listener.close()


def test_no_failure_tells_the_token(discord_server, caplog, capsys):
    """With everything logged, in every kind of failure, with a file and without."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(redaction.redact_record)
    texts = []
    for kind, _ in (*STORED, *LOST):
        for message in (HELLO, plotted("loss", PNG)):
            discord_server.faults[:] = [Fault(kind)]
            texts.append(repr(post(discord_server, message)))
    for url in (
        "http://no-such-host.invalid/api/webhooks/1/" + TOKEN,
        f"http://[::1/api/webhooks/1/{TOKEN}",
        f"ftp://discord.com/api/webhooks/1/{TOKEN}",
        f"http://127.0.0.1:1/api/webhooks/1/{TOKEN}",
        f"http://{'a' * 70}.org/api/webhooks/1/{TOKEN}",
        f"webhooks/{TOKEN}",
    ):
        texts += [repr(post(discord_server, url=url)), repr(channel(discord_server))]
    assert "urllib3" in caplog.text
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(texts)
    assert TOKEN not in "".join(capsys.readouterr())


def test_no_timer_is_left_behind(discord_server):
    post(discord_server)
    timers = [t for t in threading.enumerate() if isinstance(t, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)
