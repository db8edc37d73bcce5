from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.config import paths, redaction
from wandbwatch.config.load import load
from wandbwatch.daemon import journal
from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments import secrets
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.notify import Notifier, SenderProcess
from wandbwatch.experiments.processes import MARK
from wandbwatch.experiments.watcher import Assignment, supervise


def keep(
    state: Annotated[Path, typer.Argument(parser=Path)],
    batch: Annotated[int, typer.Argument()],
    *,
    config: Annotated[Path | None, typer.Option(parser=Path)] = None,
    link: Annotated[int | None, typer.Option()] = None,
) -> int:
    """(Internal.) Supervise a batch of experiments until all have ended."""
    journal.set_up(os.environ, as_json=False)
    redaction.install()
    environ = {k: v for k, v in os.environ.items() if k != MARK}
    with closing(Store(state)) as store:
        ledger = Ledger(store)
        supervise(ledger, Assignment(batch, config, environ), Staffing(ledger), link)
    return 0


class Staffing:
    """See `watcher.Staff`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._senders: dict[Path, SenderProcess] = {}

    def __call__(self, one: Assignment) -> tuple[Notifier, Mapping[str, str]]:
        scripts = one.environ
        sender = None
        if one.file:
            loaded = load(one.file, paths.local_zone(one.environ))
            scripts = secrets.of_training(one.environ, loaded)
            sending = secrets.of_sender(one.environ, loaded)
            sender = self._senders.setdefault(
                one.file, SenderProcess(self._ledger.store, one.file, sending)
            )
        return Notifier(self._ledger, sender, one.batch), scripts


plugin = keep
