from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from wandbwatch import plugins
from wandbwatch.analysis.delta import timeless
from wandbwatch.cli import grammar
from wandbwatch.cli.watchfile import online
from wandbwatch.config import redaction
from wandbwatch.config.load import load
from wandbwatch.config.paths import local_zone, state_directory
from wandbwatch.daemon import journal
from wandbwatch.daemon.jobs.job import JobContext, Result, give_up, run_job
from wandbwatch.daemon.jobs.shared_results import SharedResults
from wandbwatch.delivery.mutes import Mutes
from wandbwatch.delivery.outbox import Outbox, Queue, SendResults, Store, copy_memory
from wandbwatch.experiments.processes import end_with_parent
from wandbwatch.experiments.service import ExperimentService
from wandbwatch.model.errors import StateError
from wandbwatch.model.memory import Memory
from wandbwatch.model.ports import Env, Renderer, Screen
from wandbwatch.model.report import Report
from wandbwatch.model.settings import Subscription


def worker(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(parser=Path)],
    *,
    dry: Annotated[bool, typer.Option("--dry")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs")] = False,
) -> int:
    """(Internal.) Run jobs: one order per line on stdin, one result on stdout."""
    env: Env = ctx.obj
    end_with_parent()
    answers = _ours(sys.stdout)
    journal.set_up(os.environ, as_json=json_logs)
    redaction.install()
    config = load(file, local_zone(os.environ))
    known = {subscription.name: subscription for subscription in config.subscriptions}
    with contextlib.ExitStack() as stack:
        real = state_directory(config.daemon, file, os.environ)
        aside = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(contextlib.closing(Store(aside if dry else real)))
        if dry:
            copy_memory(store, real)
        whole = replace(
            env,
            experiment_configs=lambda: config.experiments,
            experiments=lambda: ExperimentService(file),
            rehearsing=dry,
        )
        threaded = {c.name for c in config.channels.values() if c.thread_per_run}
        context = replace(job_context(whole, store), threaded=threaded)
        for line in sys.stdin:
            order = json.loads(line)
            result = _done(order, known[order["subscription"]], context)
            shown = list(_told(store)) if dry else []
            answers.write(json.dumps({**asdict(result), "dry": shown}) + "\n")
            answers.flush()
    return 0


def _done(
    order: Mapping[str, str], subscription: Subscription, context: JobContext
) -> Result:
    slot = datetime.fromisoformat(order["slot"])
    try:
        if context.outbox.slot(subscription.name) == slot:
            return Result((), 0, 0)  # stored by a worker that died before reporting it
        if order["failed"]:
            return give_up(subscription, slot, order["failed"], context)
        return run_job(subscription, slot, context)
    except StateError as e:
        return Result((str(e),), e.exit_code, 0, undone=True)


def _told(store: Store) -> Iterator[object]:
    """Yield a dry run's messages from its temporary store."""
    queue = Queue(store)
    for name in queue.channels():
        while waiting := queue.head(name):
            message = waiting.queued.message
            yield {
                "channel": name,
                "level": waiting.queued.level.value,
                "body": message.body,
                "files": [file.name for file in message.files],
            }
            SendResults(store).delivered(waiting, None, None)


def _ours(stream: IO[str]) -> IO[str]:
    """Keep the real stdout for results; libraries' prints go to stderr."""
    answers = os.fdopen(os.dup(stream.fileno()), "w")
    os.dup2(sys.stderr.fileno(), stream.fileno())
    return answers


plugin = worker


def job_context(env: Env, store: Store) -> JobContext:
    """Run jobs with *env*, sharing results; queue their messages in *store*."""
    shared = SharedResults(env.source, time.monotonic)
    sharing = replace(env, source=shared)

    def ask(line: str, memory: Memory) -> Iterator[Report]:
        own = replace(sharing, memory=memory)
        parsed = grammar.parse(line, own)
        yield from online.answered(parsed, own, memory)

    render = plugins.load("wandbwatch.renderers", "discord")
    mutes = Mutes(store)
    return JobContext(ask, render, _content, Outbox(store), shared.begin, mutes.active)


def _content(reports: Sequence[Report]) -> str:
    """Return the reports' content as text; they are new when it changes."""
    render: Renderer = plugins.load("wandbwatch.renderers", "json")
    return "".join(
        one.fingerprint()
        if one.fingerprint
        else "".join(render([timeless(one)], Screen()))
        for one in reports
    )
