"""The daemon says how it is: to systemd, to a dead man's switch and to `status`."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from wandbwatch.cli.operations.status import prometheus
from wandbwatch.daemon.deadman import fail_url
from wandbwatch.daemon.health import NextStarts
from wandbwatch.daemon.monitor import Monitor
from wandbwatch.daemon.supervisor import Notify
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, SendResults
from wandbwatch.model.settings import Cron, Interval, Subscription

from tests.daemon.running import Place, subscription
from tests.delivery.outbox.messages import NOON, Clock, enqueue, head, queued, text
from tests.servers.discord import DiscordServer, Fault

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURLY = Subscription("gpt", "lab", Cron("0 * * * *"), ("project a/b",))
NEVER = 'cron = "0 0 1 1 *"'


class Watched:
    """A monitor over an outbox, by a clock of the test."""

    def __init__(self, store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.monitor = Monitor(store, clock.at)
        with Outbox(store).round() as round_:
            round_.done("gpt", clock.at)

    def kinds(self, later: timedelta = timedelta(0)) -> list[str]:
        self.clock.at += later
        self.health = self.monitor.look([HOURLY], ["lab", "ops"], self.clock.at)
        return [problem.kind for problem in self.health.problems]


@pytest.fixture
def watched(tmp_path, opened) -> Watched:
    clock = Clock()
    return Watched(opened(tmp_path, clock.now), clock)


def test_a_fresh_daemon_is_well(watched):
    assert watched.kinds() == []
    assert watched.health.well
    assert watched.health.summary == (
        "running the subscriptions; next: gpt at 2026-01-05 13:00:00Z"
    )


def test_a_stopped_channel_is_a_problem_posted_once_to_another_channel(watched):
    OutboxAdmin(watched.store).stop("lab", "10015 Unknown Webhook")
    for _ in range(3):
        assert watched.kinds(MINUTE) == ["channel stopped"]
    assert watched.health.alarming
    assert watched.health.summary == (
        "problem: channel lab is stopped: 10015 Unknown Webhook"
    )
    assert text(head(watched.store, "ops")) == (
        "wandbwatch: channel lab is stopped: 10015 Unknown Webhook; fix it, then run"
        " `wandbwatch hello lab`"
    )
    SendResults(watched.store).delivered(head(watched.store, "ops"), "1", None)
    Monitor(watched.store, watched.clock.at).look(
        [HOURLY], ["lab", "ops"], watched.clock.at
    )
    assert Outbox(watched.store).pending() == 0


def test_a_message_that_waits_is_a_problem_after_an_hour(watched):
    enqueue(watched.store, queued("x"))
    assert watched.kinds() == []
    SendResults(watched.store).retry(head(watched.store), 60, "connection refused")
    assert watched.kinds(MINUTE) == ["retrying"]
    assert not watched.health.well
    assert not watched.health.alarming, "it may pass"
    with Outbox(watched.store).round() as round_:
        round_.done("gpt", NOON + HOUR)
    assert watched.kinds(59 * MINUTE) == ["queue old"]
    assert "connection refused" in watched.health.summary


def test_a_list_that_does_not_run_is_a_problem(watched):
    assert watched.kinds(HOUR) == []
    assert watched.kinds(11 * MINUTE) == [], "seen for the first time"
    assert watched.kinds(3 * MINUTE) == ["list late"]
    assert "gpt did not run at 2026-01-05 13:00:00Z" in watched.health.summary
    with Outbox(watched.store).round() as round_:
        round_.done("gpt", NOON + HOUR)
    assert watched.kinds(MINUTE) == []


@pytest.mark.parametrize("when", [Cron("*/20 9-11 * * *"), Interval(7 * MINUTE)])
def test_next_starts_that_are_kept_are_those_of_a_fresh_look(when):
    one = Subscription("gpt", "lab", when, ("project a/b",), timeout=4 * MINUTE)
    kept, chance, last = NextStarts(), random.Random(1), None  # noqa: S311
    at = NOON
    for _ in range(300):
        at += chance.choice((MINUTE, MINUTE, 3 * MINUTE, HOUR, -2 * MINUTE))
        found = kept.of(one, last, at)
        assert found == NextStarts().of(one, last, at)
        if chance.random() < 0.2:
            last = at


def test_a_failing_list_is_a_problem_until_it_works(watched):
    watched.monitor.result("gpt", ["no network"], 6, watched.clock.at)
    assert watched.kinds() == ["list failing"]
    assert not watched.health.alarming
    watched.monitor.result("gpt", ["no network"], 6, watched.clock.at)
    assert watched.kinds(11 * MINUTE) == ["list failing"]
    assert watched.health.alarming
    watched.monitor.result("gpt", [], 0, watched.clock.at)
    assert watched.kinds() == []
    watched.monitor.result("gpt", ["run 'x' not found"], 5, watched.clock.at)
    watched.kinds()
    assert watched.health.alarming, "this does not pass by itself"


def test_a_jump_of_the_clock_is_shown_for_an_hour(watched):
    watched.monitor.clock_jumped(-3 * HOUR, watched.clock.at)
    assert watched.kinds() == ["clock jump"]
    assert watched.health.problems[0].text == "the clock was set back by 3h 00m"


def test_metrics_are_prometheus_text(watched):
    OutboxAdmin(watched.store).stop('a "b"\\', "gone")
    watched.kinds()
    lines = list(prometheus(watched.health))
    assert "wandbwatch_up 1" in lines
    assert 'wandbwatch_channel_stopped{channel="a \\"b\\"\\\\"} 1' in lines
    for line in lines:
        name, _, value = line.rpartition(" ")
        assert line.startswith("# ") or (name and float(value) is not None)


def test_the_fail_url_keeps_the_query():
    assert fail_url("https://hc-ping.com/uuid") == "https://hc-ping.com/uuid/fail"
    assert fail_url("http://x/p/?a=b") == "http://x/p/fail?a=b"


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return Place(tmp_path, discord_server)


@contextlib.contextmanager
def switch(*, has_fail: bool = True) -> Iterator[tuple[str, list[str]]]:
    """Be a dead man's switch: its URL, and the paths it was asked for."""
    asked: list[str] = []

    class Switch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            missing = self.path.endswith("/fail") and not has_fail
            self.send_response(404 if missing else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with HTTPServer(("127.0.0.1", 0), Switch) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/ping/secret-uuid", asked
        server.shutdown()


@pytest.mark.parametrize("has_fail", [True, False])
def test_the_dead_mans_switch_hears_of_a_stopped_channel(place, local_runs, has_fail):
    place.write(
        subscription("tick", f"project {local_runs}"),
        extra='dead_man = { env = "SWITCH" }',
    )
    place.server.faults.append(Fault("404_webhook", times=None))
    with switch(has_fail=has_fail) as (url, asked):
        with place.start({"SWITCH": url}) as daemon:
            daemon.wait(lambda: "/ping/secret-uuid/fail" in asked)
            daemon.end()
        good, bad = asked.count("/ping/secret-uuid"), asked.index(asked[-1])
    assert good <= 1 <= bad + 1, asked
    assert not daemon.said("secret-uuid")
    assert not daemon.said("could not reach")


def test_status_shows_a_running_daemon_and_its_problems(place, local_runs):
    place.write(
        subscription("tick", f"project {local_runs}"),
        subscription("bad", "project /nowhere", when='cron = "* * * * * *"'),
        subscription("rare", f"project {local_runs}", when=NEVER),
    )
    with place.start() as daemon:
        daemon.wait(lambda: place.server.messages and daemon.said("/nowhere"))
        daemon.wait(lambda: place.wandbwatch("status", str(place.file)).returncode == 3)
        done = place.wandbwatch("status", str(place.file), "-o", "json")
        metrics = place.wandbwatch("status", str(place.file), "--metrics")
        following = place.wandbwatch("next", str(place.file))
    assert f'"pid": {daemon.process.pid}' in done.stdout
    assert "/nowhere does not exist" in done.stdout
    assert json.loads(done.stdout)
    assert done.stderr == "wandbwatch: 1 problem\n"
    assert 'wandbwatch_subscription_failing{subscription="bad"} 1' in metrics.stdout
    assert "bad fails: " in following.stdout
    stopped = place.wandbwatch("status", str(place.file))
    assert stopped.returncode == 5
    assert "no daemon is running" in stopped.stderr


def test_status_without_a_state_says_so(place):
    place.write()
    done = place.wandbwatch("status", str(place.file))
    assert done.returncode == 5
    assert "no daemon has run" in done.stderr


def test_systemd_gets_a_status_line(place, local_runs):
    place.write(subscription("tick", f"project {local_runs}", when=NEVER))
    address = str(place.directory / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(40)
        with place.start({"NOTIFY_SOCKET": address}):
            said = [systemd.recv(1000).decode() for _ in range(2)]
    year = datetime.now(UTC).year + 1
    assert said == [
        "READY=1",
        f"STATUS=running the subscriptions; next: tick at {year}-01-01 00:00:00Z",
    ]
    assert Notify(os.environ).watchdog is None
