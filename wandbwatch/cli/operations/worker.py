from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from wandbwatch.cli import job_context
from wandbwatch.config import load, redaction
from wandbwatch.config.paths import local_zone, state_directory
from wandbwatch.daemon import journal
from wandbwatch.daemon.jobs.job import JobContext, Result, give_up, perform
from wandbwatch.delivery.outbox import Queue, SendResults, Store, copy_memory
from wandbwatch.experiments.processes import end_with_parent
from wandbwatch.experiments.service import ExperimentService
from wandbwatch.model.errors import StateError
from wandbwatch.model.ports import Env
from wandbwatch.model.subscription import Subscription


def worker(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(parser=Path)],
    *,
    dry: Annotated[bool, typer.Option("--dry")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs")] = False,
) -> int:
    """(The daemon's.) Do jobs: an order a line on stdin, its answer on stdout."""
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
            recipes=lambda: config.experiments,
            experiments=lambda: ExperimentService(file),
            rehearsing=dry,
        )
        crew = job_context.job_context(whole, store)
        for line in sys.stdin:
            order = json.loads(line)
            result = _done(order, known[order["subscription"]], crew)
            shown = list(_told(store)) if dry else []
            answers.write(json.dumps({**asdict(result), "dry": shown}) + "\n")
            answers.flush()
    return 0


def _done(
    order: Mapping[str, str], subscription: Subscription, crew: JobContext
) -> Result:
    slot = datetime.fromisoformat(order["slot"])
    try:
        if crew.outbox.slot(subscription.name) == slot:
            return Result((), 0, 0)  # by a worker that died before it could say so
        if order["failed"]:
            return give_up(subscription, slot, order["failed"], crew)
        return perform(subscription, slot, crew)
    except StateError as e:
        return Result((str(e),), e.exit_code, 0, undone=True)


def _told(store: Store) -> Iterator[object]:
    """Take out of a store of our own what would have been told."""
    queue = Queue(store)
    for name in queue.channels():
        while waiting := queue.head(name):
            message = waiting.letter.message
            yield {
                "channel": name,
                "level": waiting.letter.level.value,
                "body": message.body,
                "files": [file.name for file in message.files],
            }
            SendResults(store).delivered(waiting, None, None)


def _ours(stream: IO[str]) -> IO[str]:
    """Keep the real stdout for answers; what a library prints goes to stderr."""
    answers = os.fdopen(os.dup(stream.fileno()), "w")
    os.dup2(sys.stderr.fileno(), stream.fileno())
    return answers


plugin = worker
