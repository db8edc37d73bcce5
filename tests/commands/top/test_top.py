"""`top`: the runs that run, as a table and on a screen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from wandbwatch.analysis.eta import Total
from wandbwatch.analysis.several import Gathered
from wandbwatch.cli import grammar
from wandbwatch.cli.main import _source
from wandbwatch.commands.top import report as top
from wandbwatch.model.address import Cloud
from wandbwatch.model.cell import MISSING
from wandbwatch.model.errors import NotFoundError
from wandbwatch.model.ports import Screen
from wandbwatch.model.query import Curves
from wandbwatch.model.report import Note, Report, Table
from wandbwatch.model.run import Run, Series, State
from wandbwatch.plugins import load
from wandbwatch.sources.cloud import session

from tests.fakes import NOW, FakeSource, fake_env
from tests.screen import Terminal
from tests.servers.wandb import Run as Served

HEARD = NOW.isoformat()
ADDRESS = Cloud("acme", "gpt")
RUN = Run(
    "a", "calm", State.RUNNING, heartbeat=NOW, last_step=20, summary={"loss": 0.5}
)
CLOCK = Series("_runtime", [0.0, 20.0], [0.0, 10.0])
NARROW = Screen(80, chosen=0, now=NOW)
LOSS = Series("loss", [0.0, 20.0], [1.0, 0.5])


def seen(found: Sequence[Curves], *keys: str) -> Gathered[top.Looked]:
    return Gathered(ADDRESS, ((ADDRESS, top.Looked(tuple(found), keys)),))


def row(report: Report, number: int = 0) -> dict[str, object]:
    table = report.blocks[0]
    assert isinstance(table, Table)
    return dict(zip(table.columns, table.rows[number], strict=True))


def test_a_row_says_how_fast_and_how_long():
    found = [
        Curves(RUN, {"_runtime": CLOCK, "loss": LOSS}),
        Curves(replace(RUN, id="b"), {}),
    ]
    told = top.report(seen(found, "loss"), NOW, Total(61))
    assert told.title == "acme/gpt: 2 running"
    assert row(told) == {
        "state": State.RUNNING,
        "name": "calm",
        "id": "a",
        "last heard": NOW,
        "last step": 20,
        "steps/s": 2.0,
        "stalled for": MISSING,
        "total": 61,
        "ETA": timedelta(seconds=20),
        "loss": 0.5,
        "loss so far": "█▁",
    }
    other = row(told, 1)
    assert other["steps/s"] is other["ETA"] is other["loss so far"] is MISSING


def test_a_run_is_one_line_of_80_columns():
    runs = [replace(RUN, id=f"r{n}", name=f"gpt2-small-lr{n}-bs32") for n in range(3)]
    curve = Series("loss", list(range(40)), [1.0 / (n + 1) for n in range(40)])
    found = [Curves(run, {"_runtime": CLOCK, "loss": curve}) for run in runs]
    report = top.report(seen(found, "loss"), NOW, Total(61))
    text = "\n".join(load("wandbwatch.renderers", "terminal")([report], NARROW))
    shown = [line for line in text.splitlines() if "running" in line][1:]
    assert len(shown) == 3
    assert all(len(line) <= 80 and "█" in line for line in shown)


def test_nothing_running_is_said():
    told = top.report(seen([]), NOW)
    assert told == Report(
        "top", "acme/gpt: no running runs", (Note("no running runs"),)
    )


def test_a_list_that_is_full_says_so():
    env = fake_env(FakeSource([RUN, RUN], [CLOCK, LOSS]))
    (told,) = grammar.parse("top acme/gpt --topk 2", env).reports
    assert told.blocks[1:] == (Note("the newest 2; there may be more: --topk"),)
    assert row(told)["loss"] == 0.5, "a likely key"


def test_a_key_that_no_run_has_is_named():
    env = fake_env(FakeSource([RUN], [CLOCK]))
    why = "no run here has a value for 'los'; did you mean 'loss'?"
    (told,) = grammar.parse("top acme/gpt --keys los,loss", env).reports
    assert told.blocks[-1] == Note(why)
    with pytest.raises(NotFoundError, match=re.escape(why)):
        list(grammar.parse("top acme/gpt --keys los", env).reports)
    with pytest.raises(NotFoundError, match="number of steps in 'los'; did you mean"):
        list(grammar.parse("top acme/gpt --total los", env).reports)


def test_a_server_is_asked_once_where_the_key_is_known_and_twice_where_not(
    wandb_server,
):
    rows = [{"_step": i, "_runtime": i / 2, "loss": 1.0} for i in range(30)]
    rows[9] |= {"val/acc": 0.5}  # the likely key has no curve
    for name, state in (("a", "running"), ("b", "running"), ("c", "finished")):
        summary = {"_step": 29, "loss": 1.0}
        wandb_server.store.add(
            Served(name, state=state, rows=rows, summary=summary, heartbeat_at=HEARD)
        )
    session.forget()
    env = replace(fake_env(FakeSource()), source=_source)
    (told,) = grammar.parse("top acme/gpt --keys loss", env).reports
    table = told.blocks[0]
    assert isinstance(table, Table)
    assert {r[2] for r in table.rows} == {"a", "b"}
    assert row(told)["steps/s"] == 2.0
    assert wandb_server.data_requests == 1
    (told,) = grammar.parse("top acme/gpt", env).reports
    assert row(told)["loss so far"] == "▁" * top.WIDTH
    assert wandb_server.data_requests == 1 + 2


def test_in_a_pipe_it_is_one_table(running_run):
    running_run.log(30)
    words = ("top", str(running_run.directory), "-o", "json")
    done = subprocess.run(
        [sys.executable, "-m", "wandbwatch", *words], capture_output=True, check=True
    )
    (told,) = json.loads(done.stdout)["reports"]
    assert [one["id"] for one in told["blocks"][0]["rows"]] == ["running"]


def test_in_a_terminal_it_is_a_screen_until_q(running_run):
    running_run.log(30)
    path = str(running_run.directory)
    with Terminal("top", path, "--watch", "0.2s", columns=120) as terminal:
        assert "steps/s" in terminal.see("▸ running")
        before = settled(path)
        running_run.log(200)
        terminal.see(str(before + 200))
        terminal.resize(40, 30)
        terminal.see("last step   ")
        terminal.type("q")
        terminal.end()
        assert terminal.process.returncode == 0


def settled(path: str) -> int:
    """Return the last step once all that was logged is on disk."""
    seen = -1
    while (step := row(next(iter(asked(path))))["last step"]) != seen:
        assert isinstance(step, int)
        seen = step
        time.sleep(0.3)
    return seen


def asked(path: str):
    env = replace(fake_env(FakeSource()), source=_source)
    return grammar.parse(f"top {path}", env).reports


def test_a_run_that_makes_no_steps_is_stalled_by_its_own_clock():
    hung = replace(RUN, summary={"_timestamp": NOW.timestamp() - 7200, "loss": 0.5})
    found = [Curves(hung, {"_runtime": CLOCK, "loss": LOSS})]
    told = row(top.report(seen(found, "loss"), NOW, Total(61)))
    assert told["stalled for"] == timedelta(hours=2)
    assert told["steps/s"] is told["ETA"] is MISSING


def test_top_is_a_place_to_choose_sort_filter_and_open_a_run_in(running_run):
    running_run.log(30)
    path = str(running_run.directory)
    with Terminal("top", path, "--watch", "1h", columns=120) as terminal:
        terminal.see("▸ running")
        terminal.type("\x1b[B")
        terminal.see("(running)")
        terminal.type("s")
        terminal.see("by state ↓")
        terminal.type("/nothing")
        terminal.see("(0 runs)")
        terminal.type("\x1b")
        terminal.see("▸ running")
        terminal.type("\r")
        terminal.see("plots of")
        terminal.see("over step")
        terminal.type("q")
        terminal.see("steps/s")
        terminal.type("l")
        terminal.see("log of")
        terminal.type("k\x1b[5~G")
        terminal.see("scroll")
        terminal.type("q")
        terminal.see("steps/s")
        terminal.type("o")
        terminal.type("q")
        terminal.end()
        assert terminal.process.returncode == 0
