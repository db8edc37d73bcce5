"""Rules about one run that the real SDK logged online, read from both sources."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wandbwatch import plugins
from wandbwatch.cli import grammar
from wandbwatch.commands.alert.memory import AlertMemory
from wandbwatch.model.address import Cloud, Local
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.report import Report, Table
from wandbwatch.sources.cloud import session, wandb_core

from tests.fakes import fake_env

SCRIPT = """
import math, time, wandb
fast = wandb.Settings(x_stats_sampling_interval=0.1)
run = wandb.init(
    entity="acme", project="gpt", id="abc", name="owl", group="g", settings=fast,
)
for i in range(90):
    loss = 1 + i % 3 / 10 if i < 70 else 9 + i % 3
    run.log({"train/loss": loss, "val loss": 1.0, "bad": math.nan if i > 60 else 1})
    time.sleep(0.02)
print("CUDA out of memory. Tried to allocate 2.5 GiB")
time.sleep(0.5)
run.finish()
"""
HOLDS = {
    "train/loss > 8": True,
    "min(train/loss, 1h) < 1.05": True,
    "mean(train/loss, 10) > 8 and max(train/loss, 30) < 5": False,
    "change(train/loss, 20) > 50%": True,
    "zscore(train/loss, 60) > 1": True,
    "nan(bad)": True,
    "nan(train/loss)": False,
    "spike(train/loss)": True,
    "gap(train/loss, 'val loss') < -5": True,
    "plateau('val loss', 10s)": None,
    "stalled(10m)": False,
    "idle(gpu, 1s)": None,
    "memory(gpu) > 95%": None,
    "system/cpu >= 0": True,
    "log(/out of memory/)": True,
    r"log(/\d{9} GiB/)": False,
    "deviates(train/loss, 3)": None,
    "never > 5": None,
}
"""What each rule says at the run's end, twenty values after its loss rose."""
WORDS = {"holds": True, "does not hold": False, "unknown": None}


@pytest.fixture
def sources(wandb_server, log_run) -> Iterator[Mapping[str, Source]]:
    directory: Path = log_run(SCRIPT)
    assert wandb_server.store.run("acme/gpt/abc") is not None
    (one,) = directory.glob("run-*-abc")
    wandb_core.kill()
    session.forget()
    addresses = {
        "project": Cloud("acme", "gpt"),
        "run": Cloud("acme", "gpt", "abc"),
        "local": Local(one),
    }
    yield {
        name: plugins.load(
            "wandbwatch.sources", "local" if name == "local" else "cloud"
        )(address)
        for name, address in addresses.items()
    }
    wandb_core.kill()
    session.forget()


def test_rules_say_the_same_of_both_sources(sources, wandb_server):
    """All in one, since a run takes a few seconds to log."""
    for name, source in sources.items():
        where = "acme/gpt/abc" if name == "run" else "acme/gpt"
        assert said(source, where) == HOLDS
        fired = backtested(source, where)
        assert [(row[0], row[2], row[5]) for row in fired] == [
            ("nan(bad)", "abc", "the run ended"),
            ("train/loss > 8", "abc", "the run ended"),
        ]
    before = wandb_server.data_requests
    told = ["owl: train/loss > 8 (acme/gpt/abc)"]
    assert live(sources["project"], "acme/gpt") == told
    assert wandb_server.data_requests == before + 1, "for all rules and runs"
    assert live(sources["run"], "acme/gpt/abc") == told


def said(source: Source, where: str) -> dict[str, bool | None]:
    words = " ".join(f"--when {shlex.quote(rule)}" for rule in HOLDS)
    table = the_table(answered(source, f"alert {where} {words}"))
    return {str(row[0]): WORDS[str(row[1])] for row in table.rows}


def backtested(source: Source, where: str) -> tuple[tuple[object, ...], ...]:
    words = "--when 'train/loss > 8' --when 'nan(bad)' --every 1s --since 10m"
    line = f"alert {where} {words} --backtest"
    return tuple(sorted(the_table(answered(source, line)).rows, key=str))


def live(source: Source, where: str) -> list[str]:
    """Look as a subscription that had looked an hour ago."""
    hour = datetime.now(UTC).timestamp() - 3600
    memory = Memory({"alerts": AlertMemory(hour).written()})
    env = replace(real(source), memory=memory)
    reports = grammar.parse(f"alert {where} --when 'train/loss > 8'", env).reports
    return [report.title for report in reports]


def real(source: Source) -> Env:
    return replace(fake_env(source), now=lambda: datetime.now(UTC))


def answered(source: Source, line: str) -> Report:
    (report,) = grammar.parse(line, real(source)).reports
    return report


def the_table(report: Report) -> Table:
    (table,) = [block for block in report.blocks if isinstance(block, Table)]
    return table
