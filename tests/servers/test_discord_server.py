"""The little Discord is strict where Discord is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.client import HTTPConnection
from typing import Any

import pytest
import requests

from tests.servers.discord import DiscordServer, Fault, Hook, Limits

HOOK = Hook("11", "token-A", "21", threads=("31",))
QUIET: dict[str, Any] = {"allowed_mentions": {"parse": []}}


@pytest.fixture
def url(discord_server):
    return discord_server.url(HOOK).replace("/api/", "/api/v10/")


def post(url: str, payload: Any, query: str = "?wait=true", **files: bytes) -> Any:
    parts = {f"files[{i}]": (f"{n}.png", c) for i, (n, c) in enumerate(files.items())}
    if not parts:
        return requests.post(url + query, json=payload, timeout=5)
    whole: Any = {"payload_json": (None, json.dumps(payload)), **parts}
    return requests.post(url + query, files=whole, timeout=5)


def complaint(payload: Any, url: str) -> Any:
    answer = post(url, payload)
    assert answer.status_code == 400
    return answer.json()


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        (b'{"content": NaN}', "application/json", 50109),
        (b"{", "application/json", 50109),
        (b"{}", "application/json", 50006),
        (b'{"embeds": []}', "application/json", 50006),
        (b"[]", "application/json", 50035),
        (b"x=y", "text/plain", 50035),
    ],
)
def test_a_body_that_is_none_is_refused(url, given, kind, code):
    answer = requests.post(url, data=given, headers={"Content-Type": kind}, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_addresses(url, discord_server):
    plain = url.replace("/v10", "")
    assert post(plain, {"content": "x"}).json()["code"] == 50041
    assert post(url + "x", {"content": "x"}).json()["code"] == 50027
    assert post(url.replace("/11/", "/12/"), {"content": "x"}).json()["code"] == 10015
    assert post(url, {"content": "x"}, "").status_code == 204
    assert requests.patch(url, json={"name": "x"}, timeout=5).status_code == 405
    bare = HTTPConnection("127.0.0.1", discord_server.port)
    bare.request("POST", url.partition(str(discord_server.port))[2], b"{}")
    assert bare.getresponse().status == 403
    bare.close()


def test_files_are_stored_as_they_are(url, discord_server):
    noise = bytes(range(256)) + os.urandom(5000) + b"\r\n--\r\n\n\r"
    listed = {"attachments": [{"id": 0}], **QUIET}
    assert post(url, listed, plot=noise).status_code == 200
    record = discord_server.messages[0]
    assert discord_server.board.file(record["files"][0]) == noise
    assert discord_server.warnings == []
    assert post(url, {}, big=b"x" * (10 << 20) + b"x").status_code == 413


def test_an_edit_keeps_only_the_files_that_it_lists(url, discord_server):
    image = {"embeds": [{"image": {"url": "attachment://plot.png"}}]}
    first = {**image, "attachments": [{"id": 0}], **QUIET}
    id_ = post(url, first, plot=b"old").json()["id"]
    whole: Any = {
        "payload_json": (None, json.dumps(first)),
        "files[0]": ("plot.png", b"new"),
    }
    where = f"{url}/messages/{id_}"
    assert requests.patch(where, files=whole, timeout=5).status_code == 200
    record = discord_server.messages[0]
    assert [discord_server.board.file(f) for f in record["files"]] == [b"new"]
    assert discord_server.warnings == []
    requests.patch(where, json={**image, "attachments": []}, timeout=5)
    assert discord_server.messages[0]["files"] == []
    assert "attachment-reference-unresolved:embeds.0.image" in discord_server.warnings
    assert "allowed_mentions-not-explicit" in discord_server.warnings


def test_a_message_is_found_edited_and_deleted_by_its_id_and_thread(url):
    id_ = post(url, {"content": "x"}, "?wait=true&thread_id=31").json()["id"]
    where = f"{url}/messages/{id_}"
    assert requests.get(where, timeout=5).json()["code"] == 10008
    assert requests.get(f"{where}?thread_id=31", timeout=5).json()["content"] == "x"
    assert requests.delete(f"{where}?thread_id=31", timeout=5).status_code == 204
    assert requests.get(f"{where}?thread_id=31", timeout=5).status_code == 404


def test_forums(discord_server):
    forum = discord_server.url(Hook("13", "t", "23", "forum", tag_required=True))
    url = forum.replace("/api/", "/api/v10/")
    assert post(url, {"content": "x"}).json()["code"] == 220001
    named = {"content": "x", "thread_name": "runs"}
    assert post(url, named, "?thread_id=5").json()["code"] == 220002
    assert post(url, named).json()["code"] == 40067
    opened = post(url, {**named, "applied_tags": ["7"]}).json()
    assert opened["channel_id"] == opened["id"]
    again = post(url, {"content": "y"}, f"?wait=true&thread_id={opened['channel_id']}")
    assert again.json()["channel_id"] == opened["id"]
    assert post(url, {"content": "y"}, "?thread_id=6").json()["code"] == 10003


def test_a_thread_name_belongs_in_a_forum(url):
    assert complaint({"content": "x", "thread_name": "runs"}, url)["code"] == 220003


def test_bad_habits_are_warned_about(url, discord_server):
    embed = {
        "title": "x",
        "url": "https://x.org",
        "timestamp": "2026-01-01T00:00:00",
        "fields": [{"name": " ", "value": "x"}],
    }
    post(url, {"embeds": [embed, embed], "id": None, "content": "<@5> @everyone"})
    assert set(discord_server.warnings) == {
        "allowed_mentions-not-explicit",
        "embed-hidden-same-url:1",
        "empty-field-name:0.0",
        "empty-field-name:1.0",
        "naive-timestamp:0",
        "naive-timestamp:1",
        "unknown-key:id",
    }
    assert discord_server.messages[0]["pings"] == ["users:5"]


def test_rate_limits(tmp_path):
    now = [0.0]
    server = DiscordServer(tmp_path, Limits(), lambda: now[0]).start()
    url = server.url(HOOK).replace("/api/", "/api/v10/")
    answers = [post(url, {"content": "x"}) for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert answers[4].headers["X-RateLimit-Remaining"] == "0"
    assert answers[5].json()["retry_after"] == 2.0
    assert answers[5].headers["X-RateLimit-Scope"] == "user"
    for _ in range(25):
        now[0] += 2.0
        assert post(url, {"content": "x"}).status_code == 200
    now[0] += 2.0
    hidden = post(url, {"content": "x"})
    assert (hidden.status_code, hidden.json()["retry_after"]) == (429, 8.0)
    assert hidden.headers["X-RateLimit-Scope"] == "shared"
    assert len(server.messages) == 30
    server.stop()


def test_what_is_stored_outlives_the_server(tmp_path):
    server = DiscordServer(tmp_path).start()
    url = server.url(HOOK).replace("/api/", "/api/v10/")
    first = post(url, {"content": "one"}).json()["id"]
    second = post(url, {"content": "two"}).json()["id"]
    requests.delete(f"{url}/messages/{second}", timeout=5)
    server.stop()
    server = DiscordServer(tmp_path, port=server.port).start()
    third = post(url, {"content": "three"}).json()["id"]
    assert server.texts == ["one", "three"]
    assert int(first) < int(second) < int(third)
    server.stop()


def test_faults_strike_as_configured(url, discord_server):
    discord_server.faults.append(Fault("502_html", skip=1, times=2, method="POST"))
    statuses = [post(url, {"content": "x"}).status_code for _ in range(4)]
    assert statuses == [200, 502, 502, 200]
    assert len(discord_server.messages) == 2
    discord_server.faults.append(Fault("502_after", hook="11"))
    assert post(url, {"content": "x"}).status_code == 502
    assert len(discord_server.messages) == 3
    assert discord_server.requests[-1].fault == "502_after"
    assert "token" not in discord_server.requests[-1].path


def test_it_runs_as_a_process_of_its_own(tmp_path):
    words = ["-m", "tests.servers.discord", str(tmp_path), "--hook", "7:t", "--limits"]
    with subprocess.Popen(
        [sys.executable, *words, "--fault", "500_json=0.5"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip().replace("/api/", "/api/v10/")
        answers = [post(url, {"content": "x"}).status_code for _ in range(4)]
        assert set(answers) == {200, 500}
        process.kill()
