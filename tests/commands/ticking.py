"""A line of a subscription, asked again and again with the memory of the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from wandbwatch.cli import grammar
from wandbwatch.model.memory import Memory
from wandbwatch.model.report import Report
from wandbwatch.model.run import Run, Series
from wandbwatch.model.run_details import Alert, Printed

from tests.fakes import NOW, FakeSource, fake_env


class Ticking:
    def __init__(self, line: str) -> None:
        self.line = line
        self.told: dict[str, str] = {}
        self.series: tuple[Series, ...] = ()
        self.console: tuple[Printed, ...] = ()
        self.raised: tuple[Alert, ...] = ()
        self.make = FakeSource

    def tick(self, *runs: Run, now: datetime = NOW) -> list[Report]:
        self.source = self.make(runs, self.series, self.console)
        self.source.raised = self.raised
        memory = Memory(self.told)
        env = replace(fake_env(self.source), memory=memory, now=lambda: now)
        reports = list(grammar.parse(self.line, env).reports)
        changes = {**self.told, **memory.changes}
        self.told = {k: v for k, v in changes.items() if v is not None}
        return reports


def titles(reports: Sequence[Report]) -> list[str]:
    return [report.title for report in reports]
