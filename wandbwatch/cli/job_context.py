"""What a job needs of the world, made of the real parts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from wandbwatch import plugins
from wandbwatch.analysis.delta import timeless
from wandbwatch.cli import grammar
from wandbwatch.daemon.jobs.job import JobContext
from wandbwatch.daemon.jobs.shared_answers import Shared
from wandbwatch.delivery.outbox import Outbox, Store
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env, Renderer, Screen
from wandbwatch.model.report import Report


def job_context(env: Env, store: Store) -> JobContext:
    """Let jobs ask through *env*, sharing answers, and tell what comes to *store*."""
    shared = Shared(env.source, time.monotonic)
    sharing = replace(env, source=shared)

    def ask(line: str, memory: Memory) -> Iterator[Report]:
        return grammar.parse(line, replace(sharing, memory=memory)).reports

    render = plugins.load("wandbwatch.renderers", "discord")
    return JobContext(ask, render, _content, Outbox(store), shared.begin)


def _content(reports: Sequence[Report]) -> str:
    """Word what has to change for the reports to be news, as programs read it."""
    render: Renderer = plugins.load("wandbwatch.renderers", "json")
    return "".join(
        one.basis or "".join(render([timeless(one)], Screen())) for one in reports
    )
