"""Experiments made of the real parts: the ledger, keepers, the files runs leave."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from wandbwatch.config import paths
from wandbwatch.config.load import Settings, load
from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments import reports, supervisor_process
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.notify import ending, newest
from wandbwatch.experiments.output import Output, tail
from wandbwatch.experiments.progress import ProgressLine
from wandbwatch.experiments.script import checked
from wandbwatch.model.errors import ConfigError, UsageError
from wandbwatch.model.experiment import Experiment, Plan
from wandbwatch.model.memory import LineRound
from wandbwatch.model.report import Report

LOOK = 0.2
"""Seconds between looks at what a batch has printed."""
_ASKED = (
    ("int", "Ctrl-C sent; press it again if the training does not stop"),
    ("", "press Ctrl-C again to kill it"),
    ("kill", "killed"),
)
"""What each Ctrl-C asks for, and what is said of that."""


class ExperimentService:
    """See `Experiments`. Nothing is opened before a method is called."""

    def __init__(self, file: Path | None = None) -> None:
        """*file* is the watch.toml that is meant; the usual one where it is None."""
        self._file = file
        self._links: dict[int, int] = {}

    def start(
        self,
        plans: Sequence[Plan],
        jobs: int,
        *,
        detached: bool,
        round_: LineRound | None = None,
    ) -> Sequence[Experiment]:
        whole = [_checked(plan) for plan in plans]
        by, once = supervisor_process.who(), None
        if round_:
            by, once = f"subscription {round_.subscription}", round_.key
            whole = [replace(p, channel=p.channel or round_.channel) for p in whole]
        self._check_channels(whole)
        with self._ledger() as ledger:
            batch = ledger.add(whole, jobs, by, detached=detached, once=once)
            link = None
            if not detached:
                link, self._links[batch[0].batch] = os.pipe()
            supervisor_process.start(
                ledger.store.path.parent, batch[0].batch, self._file, link
            )
            if link is not None:
                os.close(link)
            return batch

    def _check_channels(self, plans: Sequence[Plan]) -> None:
        """Raise UsageError where one is to be told in a channel that is not there."""
        for name in {plan.channel for plan in plans if plan.channel is not None}:
            file = paths.config_file(self._file, os.environ)
            known = load(file, paths.local_zone(os.environ)).channels
            if name not in known:
                there = ", ".join(known) or "none"
                raise UsageError(
                    f"{file}: no channel {name[:80]!r}; there are: {there}"
                )

    def follow(self, batch: int) -> Sequence[Experiment]:
        obeyed = 0
        with self._ledger() as ledger, _presses() as pressed:
            found = ledger.of_batch(batch)
            output = Output(several=len(found) > 1)
            progress = ProgressLine(sys.stderr, newest)
            while not all(one.phase.over for one in found):
                for line in output.fresh(found):
                    progress.clear()
                    _show(line)
                if pressed and obeyed < min(len(pressed), len(_ASKED)):
                    obeyed += 1
                    request, told = _ASKED[obeyed - 1]
                    progress.clear()
                    _show(f"wandbwatch: {told}")
                    if request:
                        ledger.ask(found, request, "Ctrl-C")
                progress.show(found, ledger.store.now())
                time.sleep(LOOK)
                found = ledger.of_batch(batch)
            progress.clear()
            for line in output.rest(found):
                _show(line)
        if (link := self._links.pop(batch, None)) is not None:
            os.close(link)
        return found

    def listed(self, limit: int) -> Sequence[Experiment]:
        with self._ledger() as ledger:
            supervisor_process.recover(ledger, self._file)
            return ledger.listed(limit)

    def find(self, experiment_id: int) -> Experiment:
        with self._ledger() as ledger:
            return ledger.find(experiment_id)

    def stop(self, experiment_id: int) -> Experiment:
        with self._ledger() as ledger:
            one = ledger.find(experiment_id)
            if one.phase.over:
                raise UsageError(f"experiment {one.id} has ended: {one.phase}")
            ledger.ask([one], "term", f"stopped by {supervisor_process.who()}")
            supervisor_process.recover(ledger, self._file)
            return ledger.find(experiment_id)

    def retry(self, experiment_id: int) -> Experiment:
        one = self.find(experiment_id)
        if not one.phase.over:
            raise UsageError(
                f"experiment {one.id} is {one.phase};"
                f" `wandbwatch stop {one.id}` ends it"
            )
        # Another run is to have an id of its own.
        own = secrets.token_hex(4) if one.plan.run_id else ""
        return self.start([replace(one.plan, run_id=own)], 1, detached=True)[0]

    def report(self, experiment_id: int) -> Report:
        with self._ledger() as ledger:
            one = ledger.find(experiment_id)
            return ending(one, ledger)[1] if one.phase.over else reports.started(one)

    def printed(self, experiment_id: int, last: int) -> Sequence[str]:
        return tail(str(self.log(experiment_id)), last)

    def log(self, experiment_id: int) -> Path:
        with self._ledger() as ledger:
            one = ledger.find(experiment_id)
            return Path(one.log) if one.log else supervisor_process.output(ledger, one)

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        with closing(Store(self._state())) as store:
            yield Ledger(store)

    def _state(self) -> Path:
        """Return where the state is; a watch.toml is not needed for that."""
        try:
            file = paths.config_file(self._file, os.environ)
        except ConfigError:
            return paths.state_directory(Settings(), Path("watch.toml"), os.environ)
        self._file = file.absolute()
        config = load(file, paths.local_zone(os.environ))
        return paths.state_directory(config.daemon, file, os.environ)


@contextmanager
def _presses() -> Iterator[list[int]]:
    """Count Ctrl-C's, however fast they come; nothing is interrupted by them."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda sign, _: pressed.append(sign))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _checked(plan: Plan) -> Plan:
    """Make the paths of *plan* absolute; UsageError where it can't be started."""
    here = Path.cwd()
    workdir = here / Path(plan.workdir or ".").expanduser()
    script = here / Path(plan.script).expanduser()
    environ = {**os.environ, **plan.env}
    path = checked(str(script), plan.launcher, workdir, environ)
    if plan.launcher and not script.is_file():
        path = plan.script  # it is where the launcher starts it
    return replace(plan, workdir=str(workdir), script=path)


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
