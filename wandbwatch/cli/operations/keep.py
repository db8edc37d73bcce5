from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from wandbwatch.config import paths, redaction
from wandbwatch.config.load import load
from wandbwatch.daemon import environment, journal
from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments import supervisor_process
from wandbwatch.experiments.batch_supervisor import BatchSupervisor
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.notify import Notifier
from wandbwatch.experiments.processes import MARK


def keep(
    state: Annotated[Path, typer.Argument(parser=Path)],
    batch: Annotated[int, typer.Argument()],
    *,
    config: Annotated[Path | None, typer.Option(parser=Path)] = None,
    link: Annotated[int | None, typer.Option()] = None,
) -> int:
    """(Internal.) Supervise a batch of experiments until it is over."""
    journal.set_up(os.environ, as_json=False)
    redaction.install()
    environ = {k: v for k, v in os.environ.items() if k != MARK}
    scripts = environ
    if config:
        loaded = load(config, paths.local_zone(os.environ))
        scripts = environment.of_script(environ, loaded)
    with supervisor_process.lock(state, batch) as free, closing(Store(state)) as store:
        if free:
            ledger = Ledger(store)
            notifier = Notifier(ledger, config, environ, batch)
            BatchSupervisor(ledger, batch, notifier, scripts, link).run()
    return 0


plugin = keep
