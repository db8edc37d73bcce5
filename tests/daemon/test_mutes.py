"""Mutes and the history through real jobs, senders and daemons."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from wandbwatch import plugins
from wandbwatch.daemon.jobs.job import JobContext, run_job
from wandbwatch.delivery.mutes import Mute, MuteKind, Mutes
from wandbwatch.delivery.outbox import History, Outbox
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Note, Report
from wandbwatch.model.settings import Cron, Mode, Subscription

from tests.daemon.running import Place, subscription
from tests.delivery.sender.harness import SenderHarness
from tests.servers.discord import DiscordServer
from tests.servers.discord.api import GUILD

MINUTE = timedelta(minutes=1)


class Lists(SenderHarness):
    """Jobs whose lines answer what a test wants, with a sender behind them."""

    answers: Sequence[Report] = ()
    mode = Mode.POST

    def run(self, *reports: Report) -> list[str]:
        """Run the list, send what it says, and return the texts of new messages."""
        self.answers = reports
        before = len(self.server.messages)
        self.clock.at += MINUTE
        render = plugins.load("wandbwatch.renderers", "discord")
        context = JobContext(
            self._ask,
            render,
            repr,
            Outbox(self.store),
            mutes=Mutes(self.store).active,
        )
        list_ = Subscription(
            "gpt", "lab", Cron("* * * * *"), ("events acme/gpt",), mode=self.mode
        )
        run_job(list_, self.clock.now(), context)
        self.deliver()
        return [str(one["message"]) for one in self.server.messages[before:]]

    def _ask(self, _line: str, _memory: Memory) -> Iterator[Report]:
        yield from self.answers
        if not self.answers:
            raise NotFoundError("acme/gpt: no such project")

    def mute(self, target: str, kind: MuteKind, hours: int = 1) -> None:
        now = self.clock.now()
        until = now + timedelta(hours=hours)
        Mutes(self.store).begin(Mute(target, kind, now, until, channels=("lab",)))


def failed(run: str) -> Report:
    note = (Note("why"),)
    return Report("events", f"{run} failed", note, Level.BAD, event=True, runs=(run,))


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    lists = Lists(tmp_path)
    yield lists
    lists.close()


def history(lists: Lists) -> list[tuple[str, str]]:
    entries = History(lists.store).entries()
    return [(one.origin.title, one.muted) for one in entries]


def test_a_muted_list_posts_nothing_and_the_history_keeps_it(lists):
    lists.mute("gpt", MuteKind.LIST)
    assert lists.run(failed("a"), failed("b")) == []
    assert lists.run() == [], "its failure"
    lists.clock.at += timedelta(hours=1)
    Mutes(lists.store).end_due()
    (end, *more) = lists.run(failed("c"))
    assert "is no longer muted" in end
    assert "a failed" in end
    assert len(more) == 1
    assert [muted for _, muted in history(lists)] == ["gpt", "gpt", "gpt", "", ""]


def test_a_muted_run_leaves_the_others(lists):
    lists.mute("acme/gpt/a", MuteKind.ADDRESS)
    (said,) = lists.run(failed("a"), failed("b"))
    assert "b failed" in said
    assert "a failed" not in said


def test_unmuted_reports_of_a_partly_muted_list_do_not_ping(lists):
    lists.mute("acme/gpt/a", MuteKind.ADDRESS)
    lists.run(failed("a"), Report("events", "b finished", event=True, runs=("b",)))
    row = lists.store.read("SELECT level FROM message ORDER BY id DESC LIMIT 1")
    assert row == [("info",)]


def test_a_posted_live_message_is_still_edited(lists):
    lists.mode = Mode.EDIT
    lists.run(Report("project", "one", (Note("1"),)))
    lists.mute("gpt", MuteKind.LIST)
    assert lists.run(Report("project", "two", (Note("2"),))) == []
    assert "two" in str(lists.server.messages[0]["message"])
    (entry,) = History(lists.store).entries()
    assert (entry.origin.title, entry.edits) == ("two", 1)


def test_an_edited_message_is_one_entry_with_its_link(lists):
    lists.mode = Mode.EDIT
    for value in range(3):
        lists.run(Report("project", f"look {value}", (Note(str(value)),)))
    (entry,) = History(lists.store).entries()
    (record,) = lists.server.messages
    assert entry.edits == 2
    assert entry.origin.title == "look 2"
    assert entry.origin.lines == ("events acme/gpt",)
    assert entry.message_id == record["id"]
    assert replace(entry, channel_id="21").link(GUILD) == (
        f"https://discord.com/channels/{GUILD}/21/{record['id']}"
    )
    assert entry.link(None) is None


@pytest.fixture
def place(tmp_path: Path, discord_server: DiscordServer) -> Place:
    return Place(tmp_path, discord_server)


def test_mute_status_next_history_and_unmute_of_a_real_daemon(place, local_runs):
    place.environ["WANDBWATCH_CONFIG"] = str(place.file)
    line = f"project {local_runs}"
    place.write(subscription("tick", line), subscription("rare", line, when=NEVER))
    with place.start() as daemon:
        daemon.wait(lambda: place.server.messages)
        words = ("--for", "6h", "--reason", "moving the cluster")
        assert place.wandbwatch("mute", str(local_runs), *words).returncode == 0
        status = place.wandbwatch("status")
        following = place.wandbwatch("next")
        daemon.wait(lambda: f",{local_runs}" in place.wandbwatch(*HISTORY).stdout)
        daemon.end()
    assert "moving the cluster" in status.stdout
    assert f"{local_runs} is muted until" in following.stdout
    with place.start() as daemon:  # it survives a restart
        before = len(place.server.messages)
        assert str(local_runs) in place.wandbwatch("status").stdout
        done = place.wandbwatch("unmute", str(local_runs))
        assert done.stdout == f"{local_runs} is no longer muted\n"
        daemon.wait(lambda: len(place.server.messages) > before)
        assert "is no longer muted" in str(place.server.messages[before]["message"])
    rows = list(csv.DictReader(place.wandbwatch(*HISTORY).stdout.splitlines()))
    (first, *_), muted = rows, [row for row in rows if row["muted"]]
    assert first["by"] == line
    assert first["channel"] == "lab"
    assert f"/channels/{GUILD}/" in first["url"]
    assert muted
    assert not any(row["url"] for row in muted)
    about = place.wandbwatch("history", str(local_runs), "-o", "json")
    (table,) = json.loads(about.stdout)["reports"][0]["blocks"]
    assert len(table["rows"]) < len(rows), "without the end of the mute"
    nothing = place.wandbwatch("history", "acme/other")
    assert "nothing was posted" in nothing.stdout


HISTORY = ("history", "-o", "csv")
NEVER = 'cron = "0 0 1 1 *"'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mute", "nobody/here", "--for", "6h"), "no subscription has the name"),
        (("mute", "tick", "--for", "0s"), "longer than 0"),
        (("mute", "tick"), "--for"),
        (("unmute", "tick"), "is not muted; muted: nothing"),
        (("unmute",), "name what was muted"),
        (("history", "--channel", "x"), "no channel 'x'; known: lab"),
    ],
)
def test_a_mistake_is_one_clear_line(place, local_runs, words, said):
    place.environ["WANDBWATCH_CONFIG"] = str(place.file)
    place.write(subscription("tick", f"project {local_runs}", when=NEVER))
    done = place.wandbwatch(*words)
    assert said in done.stderr
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
