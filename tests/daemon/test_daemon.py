"""The real daemon as a process: started, fired, reloaded, signalled, refused."""

from __future__ import annotations

import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.daemon.running import TOKEN, Place, subscription
from tests.servers.discord.faults import Fault
from tests.servers.discord.server import DiscordServer


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return Place(tmp_path, discord_server)


def titles(place: Place) -> list[str]:
    return [
        embed["title"]
        for record in place.server.messages
        for embed in record["message"]["embeds"]
    ]


def test_it_posts_at_its_hours_and_stops_on_request(place, local_runs):
    place.write(subscription("tick", f"project {local_runs}"))
    with place.start() as daemon:
        daemon.wait(lambda: len(place.server.messages) >= 2)
        assert daemon.end() == 0
    assert place.server.warnings == []
    assert "in " in titles(place)[0]
    assert TOKEN not in daemon.log.read_text()
    assert not daemon.said("Traceback")


def test_one_failing_line_is_reported_once_and_the_others_continue(place, local_runs):
    lines = ("project /nowhere", f"project {local_runs} --topk 1")
    place.write(subscription("tick", *lines))
    with place.start() as daemon:
        daemon.wait(lambda: place.server.messages)
        assert titles(place)[0].startswith("✗ project: /nowhere does not exist")
        # A job that runs before the first is delivered reports it once more.
        daemon.wait(lambda: "/nowhere" not in " ".join(titles(place)[-2:]))


def test_all_that_is_logged_can_be_json(place, local_runs):
    place.write(subscription("tick", "project /nowhere", f"project {local_runs}"))
    place.server.faults.append(Fault("500_json", method="POST"))
    with place.start(None, "--json-logs") as daemon:
        daemon.wait(lambda: len(place.server.messages) >= 2)
    lines = [json.loads(line) for line in daemon.log.read_text().splitlines()]
    assert any("/nowhere does not exist" in line["text"] for line in lines)
    assert any("lab: " in line["text"] for line in lines), "the sender's too"


def test_a_second_daemon_on_the_same_state_is_refused_with_the_pid(place):
    place.write(subscription("tick", "project ."))
    with place.start() as first:
        first.wait(lambda: first.said("running the subscriptions"))
        second = place.wandbwatch("daemon", str(place.file))
        assert second.returncode == 1
        assert f"pid {first.process.pid}" in second.stderr


def test_a_good_file_is_reloaded_and_a_wrong_one_is_not(place, local_runs):
    never = 'cron = "0 0 1 1 *"'
    place.write(subscription("old", f"project {local_runs}", when=never))
    with place.start() as daemon:
        daemon.wait(lambda: daemon.said("running the subscriptions"))
        place.write(subscription("new", f"project {local_runs} --topk -1"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait(lambda: daemon.said("still using the previous configuration"))
        assert daemon.said("--topk")
        place.write(subscription("new", f"project {local_runs} --topk 1"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait(lambda: daemon.said("reloaded watch.toml"))
        daemon.wait(lambda: place.server.messages)
        assert daemon.end() == 0


def test_a_wrong_file_is_78_with_all_complaints(place):
    place.write(subscription("x", "fly me"), subscription("x", "project --nope"))
    done = place.wandbwatch("daemon", str(place.file))
    assert done.returncode == 78
    assert "fly" in done.stderr
    assert "--nope" in done.stderr
    assert "is already the name of subscriptions[0]" in done.stderr


def test_a_broken_state_is_put_aside_and_it_continues(place, local_runs):
    place.write(subscription("tick", f"project {local_runs}"))
    place.state.mkdir()
    (place.state / "state.db").write_bytes(b"no database" * 1000)
    with place.start() as daemon:
        daemon.wait(lambda: place.server.messages)
        assert daemon.said("was corrupt")
    assert [p for p in place.state.iterdir() if ".broken-" in p.name]


def test_a_state_that_can_not_be_written_is_said_once(place):
    place.write(subscription("tick", "project ."))
    place.state.write_text("a file where the directory should be")
    done = place.wandbwatch("daemon", str(place.file))
    assert done.returncode == 78, "systemd doesn't try it again and again"
    assert str(place.state) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kill_loses_no_slot_and_leaves_no_process(place, local_runs):
    place.write(subscription("tick", f"project {local_runs}"))
    with place.start() as daemon:
        daemon.wait(lambda: place.server.messages)
        daemon.end(signal.SIGKILL)
    sent = len(place.server.messages)
    with place.start() as daemon:
        daemon.wait(lambda: len(place.server.messages) > sent)
        daemon.end()
    assert place.server.warnings == []


def test_each_account_is_seen_by_its_own_jobs_only(place):
    accounts = (
        '[accounts.alice]\napi_key = { env = "ALICE" }\n'
        '[accounts.bob]\napi_key = { env = "BOB" }\n'
    )
    body = subscription("a", "project me/p") + '\naccount = "alice"\ntimeout = "30s"'
    place.write(body, extra=accounts)
    keys = {"ALICE": "a" * 40, "BOB": "b" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    with place.start(keys) as daemon:
        daemon.wait(lambda: workers(daemon.process.pid))
        for pid in workers(daemon.process.pid):
            environ = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"WANDB_API_KEY=" + b"a" * 40 in environ
            assert b"b" * 40 not in environ
            assert TOKEN.encode() not in environ


def workers(daemon: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"worker" in words and parent == daemon:
            found.append(int(entry.name))
    return found


def test_a_dead_mans_switch_is_pinged_while_all_is_well(place):
    asked: list[str] = []

    class Switch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    place.write(extra='dead_man = { env = "SWITCH" }')
    with HTTPServer(("127.0.0.1", 0), Switch) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/ping/secret-uuid"
        with place.start({"SWITCH": url}) as daemon:
            daemon.wait(lambda: asked)
        server.shutdown()
    assert asked[0] == "/ping/secret-uuid"
    assert not daemon.said("secret-uuid")


def test_the_idle_daemon_is_small(place):
    place.write(subscription("x", "project .", when='cron = "0 0 1 1 *"'))
    with place.start() as daemon:
        daemon.wait(lambda: daemon.said("running the subscriptions"))
        status = Path(f"/proc/{daemon.process.pid}/status").read_text()
        heavy = {"wandb", "matplotlib", "requests", "typer", "rich", "pydantic"}
        maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
        resident = int(status.partition("VmRSS:")[2].split()[0])
    assert resident < 30 << 10
    assert not any(f"/{name}/" in maps for name in heavy)
