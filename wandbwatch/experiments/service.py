"""Experiments on this machine: the ledger, supervisors and the files of runs."""

from __future__ import annotations

import logging
import os
import secrets
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from wandbwatch.config import paths
from wandbwatch.config.load import Settings, load
from wandbwatch.delivery.outbox import Outbox, OutboxAdmin, Store
from wandbwatch.experiments import batch_reports, reports, supervisor_process
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.notify import end_report, with_error
from wandbwatch.experiments.output import Output, ProgressLine, tail
from wandbwatch.experiments.plan import with_checked_script
from wandbwatch.experiments.runs import made, newest_run
from wandbwatch.experiments.secrets import ACCOUNT
from wandbwatch.experiments.training import end_lost
from wandbwatch.model.errors import ConfigError, StateError, UsageError
from wandbwatch.model.experiment import Experiment, Phase, Plan
from wandbwatch.model.memory import LineRound
from wandbwatch.model.report import Report
from wandbwatch.model.settings import Keep

BAD = (Phase.FAILED, Phase.TIMED_OUT, Phase.LOST, Phase.HELD)
"""What ``retry --failed`` starts again."""
ATTEND = 5.0
"""Seconds between two checks that a followed batch has a supervisor."""
_NEWEST = 200
"""The experiments that may have made a run."""
LEAVE = 20.0
"""Seconds after the third Ctrl-C until the terminal is given back."""
POLL = 0.2
"""Seconds between two reads of a batch's output."""
_CTRL_C = (
    ("int", "Ctrl-C passed on; press it again if the training does not end"),
    ("", "press Ctrl-C once more to kill the training"),
    ("kill", "killed the training"),
)
"""The request and the message of each Ctrl-C."""
_UNTIL_LEFT = {"int": "three times more", "kill": "once more"}


_OVERLAPS = "%s: skipped slot %s: experiment %d of an earlier one is still running"

log = logging.getLogger(__name__)


class ExperimentService:
    """See `Experiments`. Opens the state when a method is called."""

    def __init__(self, file: Path | None = None) -> None:
        """*file*: a watch.toml; None for the default one."""
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
        plans = [with_checked_script(plan) for plan in plans]
        by, once = supervisor_process.user(), None
        if round_:
            own = os.environ.get(ACCOUNT, "")
            plans = [replace(p, account=own) for p in plans]
            by, once = f"subscription {round_.subscription}", round_.key
            plans = [replace(p, channel=p.channel or round_.channel) for p in plans]
        self._check_channels(plans)
        with self._ledger() as ledger:
            if round_ and not round_.overlap:
                running = ledger.going(by, round_.slot_key)
                if running is not None:
                    log.warning(_OVERLAPS, round_.subscription, round_.slot, running)
                    return ()
            _warn_of_stopped(ledger.store, plans)
            batch = ledger.add(plans, jobs, by, detached=detached, once=once)
            link = None
            if not detached:
                link, self._links[batch[0].batch] = os.pipe()
            supervisor_process.start(ledger, batch[0].batch, self._file, link)
            if link is not None:
                os.close(link)
            return batch

    def _check_channels(self, plans: Sequence[Plan]) -> None:
        """Raise UsageError for a channel that watch.toml does not have."""
        for name in {plan.channel for plan in plans if plan.channel is not None}:
            file = paths.config_file(self._file, os.environ)
            known = load(file, paths.local_zone(os.environ)).channels
            if name not in known:
                names = ", ".join(known) or "no channels"
                raise UsageError(f"{file}: no channel {name[:80]!r}; it has {names}")

    def follow(self, batch: int) -> Sequence[Experiment]:
        with self._ledger() as ledger, _ctrl_c() as presses:
            found = ledger.of_batch(batch)
            output = Output(prefix=len(found) > 1)
            progress = ProgressLine(sys.stderr, newest_run)
            leave = float("inf")
            steps, attend = iter(_CTRL_C), time.monotonic() + ATTEND
            while not all(one.phase.over for one in found):
                for line in output.new_lines(found):
                    progress.clear()
                    _show(line)
                if presses and (step := next(steps, None)):
                    presses.pop()
                    progress.clear()
                    _obey(step, ledger, found)
                    if step[0] == "kill":
                        leave = time.monotonic() + LEAVE
                elif presses or time.monotonic() > leave:
                    _show(f"wandbwatch: {_left_behind(found)}")
                    break
                progress.show(found, ledger.store.now())
                time.sleep(POLL)
                if time.monotonic() > attend or self._deserted(batch):
                    attend = time.monotonic() + ATTEND
                    self._attend_own(ledger, batch)
                found = ledger.of_batch(batch)
            progress.clear()
            for line in output.rest(found):
                _show(line)
        if (link := self._links.pop(batch, None)) is not None:
            os.close(link)
        return found

    def _deserted(self, batch: int) -> bool:
        """Whether nobody reads from the pipe to the supervisor of *batch* any more."""
        if (link := self._links.get(batch)) is None:
            return False
        poll = select.poll()
        poll.register(link, 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))

    def _attend_own(self, ledger: Ledger, batch: int) -> None:
        """Replace the supervisor of *batch* if it was killed; it ends with us, too."""
        state = ledger.store.path.parent
        unfinished = batch in ledger.unfinished()
        if not unfinished or supervisor_process.attended(state, batch):
            return
        link = None
        if batch in self._links:
            os.close(self._links[batch])
            link, self._links[batch] = os.pipe()
        supervisor_process.start(ledger, batch, self._file, link)
        if link is not None:
            os.close(link)

    def listed(self, limit: int) -> Sequence[Experiment]:
        with self._ledger() as ledger:
            supervisor_process.recover(ledger, self._file)
            return ledger.listed(limit)

    def find(self, experiment_id: int) -> Experiment:
        with self._ledger() as ledger:
            return ledger.find(experiment_id)

    def select(self, words: Sequence[str]) -> Sequence[Experiment]:
        with self._ledger() as ledger:
            found = [one for word in words for one in _selected(ledger, word)]
        return tuple({one.id: one for one in found}.values())

    def of_run(self, run_id: str) -> Experiment | None:
        listed = sorted(self.listed(_NEWEST), key=lambda one: one.phase.over)
        return next((one for one in listed if made(run_id, one)), None)

    def stop(self, words: Sequence[str]) -> Sequence[Experiment]:
        """Stop what *words* name; without words, everything."""
        with self._ledger() as ledger:
            found = [one for word in words for one in _selected(ledger, word)]
            if not words:
                batches = ledger.unfinished()
                found = [one for batch in batches for one in ledger.of_batch(batch)]
            for one in found:
                if one.phase is Phase.LOST:
                    end_lost(one, ledger.store.path.parent, os.environ)
            going = [one for one in found if not one.phase.over]
            if found and not going and words:
                if len(found) > 1:
                    raise UsageError("these experiments have all ended")
                one = found[0]
                left = "; ended what was left of it" if one.phase is Phase.LOST else ""
                raise UsageError(f"experiment {one.id} is already {one.phase}{left}")
            ledger.ask(going, "term", f"stopped by {supervisor_process.user()}")
            supervisor_process.recover(ledger, self._file)
            return tuple(ledger.find(one.id) for one in going)

    def retry(
        self,
        words: Sequence[str],
        *,
        failed: bool = False,
        channel: str | None = None,
        detached: bool = True,
    ) -> Sequence[Experiment]:
        chosen = [one for one in self.select(words) if not failed or one.phase in BAD]
        for one in chosen:
            if not one.phase.over:
                raise UsageError(
                    f"experiment {one.id} is {one.phase};"
                    f" stop it first: wandbwatch stop {one.id}"
                )
        if not chosen:
            raise UsageError(f"{', '.join(words)}: nothing failed")
        with self._ledger() as ledger:
            jobs = max(ledger.jobs(one.batch) for one in chosen)
        plans = [
            replace(
                one.plan,
                run_id=secrets.token_hex(4) if one.plan.run_id else "",
                channel=channel or one.plan.channel,
            )
            for one in chosen
        ]
        return self.start(plans, min(jobs, len(plans)), detached=detached)

    def attend(self) -> None:
        with self._ledger() as ledger:
            supervisor_process.recover(ledger, self._file)

    def listing(self, limit: int) -> Report:
        return reports.listing(list(map(with_error, self.listed(limit))))

    def batch_report(self, batch: int) -> Report:
        with self._ledger() as ledger:
            supervisor_process.recover(ledger, self._file)
            told = list(map(with_error, ledger.of_batch(batch)))
            return batch_reports.report(told)

    def report(self, experiment_id: int) -> Report:
        with self._ledger() as ledger:
            one = ledger.find(experiment_id)
            if one.phase.over:
                return end_report(one, ledger)[1]
            return reports.started(one)

    def printed(
        self, experiment_id: int, last: int, *, whole: bool = False
    ) -> Sequence[str]:
        return tail(str(self.log(experiment_id)), last, whole=whole)

    def log(self, experiment_id: int) -> Path:
        with self._ledger() as ledger:
            one = ledger.find(experiment_id)
            return Path(one.log) if one.log else supervisor_process.output(ledger, one)

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        state, keep = self._state()
        with closing(Store(state)) as store:
            if keep:
                Outbox(store).set_keep(keep)
            yield Ledger(store)

    def _state(self) -> tuple[Path, Keep | None]:
        """Return the state directory and what its watch.toml says of it, if any."""
        try:
            file = paths.config_file(self._file, os.environ)
        except ConfigError:
            settings, file = Settings(), Path("watch.toml")
            return paths.state_directory(settings, file, os.environ), None
        self._file = file.absolute()
        config = load(file, paths.local_zone(os.environ))
        state = paths.state_directory(config.daemon, file, os.environ)
        return state, config.keep


def _selected(ledger: Ledger, word: str) -> Sequence[Experiment]:
    """Return the experiments of ``7`` or ``B3``. UsageError."""
    if word.isdecimal():
        return [ledger.find(int(word))]
    number = word[1:]
    if word[:1] not in ("B", "b") or not number.isdecimal():
        raise UsageError(f"{word[:80]!r} is neither an experiment (7) nor a batch (B3)")
    if found := ledger.of_batch(int(number)):
        return found
    try:
        one = ledger.find(int(number))
    except UsageError as e:
        raise UsageError(
            f"no batch B{number}; `wandbwatch experiments` lists them"
        ) from e
    raise UsageError(f"no batch B{number}; experiment {number} is in B{one.batch}")


def _warn_of_stopped(store: Store, plans: Sequence[Plan]) -> None:
    """Say that a channel takes no messages now."""
    named = {plan.channel for plan in plans}
    for stop in OutboxAdmin(store).stopped():
        if stop.channel in named:
            _show(
                f"wandbwatch: channel {stop.channel} is stopped ({stop.reason});"
                f" messages wait until `wandbwatch hello {stop.channel}` succeeds"
            )


@contextmanager
def _ctrl_c() -> Iterator[list[int]]:
    """Collect each Ctrl-C in place of an interrupt."""
    presses: list[int] = []
    before = signal.signal(signal.SIGINT, lambda sign, _: presses.append(sign))
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)


def _obey(step: tuple[str, str], ledger: Ledger, batch: Sequence[Experiment]) -> None:
    request, message = step
    try:
        if request:
            ledger.ask(batch, request, "Ctrl-C")
    except StateError as e:  # such as a full disk: the supervisor acts once we leave
        message = f"{e}; press Ctrl-C {_UNTIL_LEFT[request]} to stop the training"
    _show(f"wandbwatch: {message}")


def _left_behind(batch: Sequence[Experiment]) -> str:
    """Say what still runs when its terminal is left."""
    going = [one for one in batch if not one.phase.over]
    names = ", ".join(f"{one.id} ({one.phase})" for one in going[:5])
    more = f" and {len(going) - 5} more" if len(going) > 5 else ""  # noqa: PLR2004
    return f"still being killed: {names}{more}; see `wandbwatch experiments`"


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
