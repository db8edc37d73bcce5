"""One training's processes: started without a shell, ended with all they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.experiments.launcher_handle import LauncherHandle
from wandbwatch.experiments.processes import Process, descendants, marked
from wandbwatch.model.experiment import Experiment


@dataclass
class TrainingProcess:
    """What runs for one experiment. ``code`` is None while it does, or for ever where
    it is no child of ours."""

    process: Process | None
    mark: str
    launched: LauncherHandle
    code: int | None = None
    child: subprocess.Popen[bytes] | None = None

    @property
    def leads(self) -> bool:
        """Whether the process that was started is still there."""
        if self.child:
            if self.code is None and (code := self.child.poll()) is not None:
                self.code = self.launched.code(code)
            return self.code is None
        if self.process is not None and self.process.alive:
            return True
        return self.launched.goes_on()

    def left(self) -> list[int]:
        """List all processes that belong to it, whatever their groups and sessions."""
        found = set(marked(self.mark))
        if self.process and self.leads:
            found |= {self.process.pid, *descendants(self.process.pid)}
        return sorted(found)

    def send(self, sign: signal.Signals) -> None:
        """Signal its group once, or have its launcher end what it started elsewhere;
        nothing where it is over."""
        if self.leads and self.launched.cancel():
            return
        self._signal(sign)

    def _signal(self, sign: signal.Signals) -> None:
        if self.process and self.leads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sign)

    def end(self, sign: signal.Signals) -> None:
        """Signal its group and whatever left that.

        A launcher that can end what it started is asked to, and signalled only where
        it is to be killed: it goes when that has gone.
        """
        if self.leads and self.launched.cancel() and sign is not signal.SIGKILL:
            return
        self._signal(sign)
        group = self.process.pid if self.process and self.leads else -1
        for pid in self.left():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) != group:
                    os.kill(pid, sign)


def mark(state: Path, one: Experiment) -> str:
    return f"{state}:{one.id}:{one.attempt}"


def start(one: Experiment, state: Path, environ: Mapping[str, str]) -> TrainingProcess:
    """Start the attempt that *one* is at; its output goes to the end of its log.

    Raises OSError. Signals are as a program expects them: none is ignored.
    """
    own = mark(state, one)
    launched = LauncherHandle(one, own, _given(one), environ)
    with Path(one.log).open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 -- what the user asked for; no shell
            launched.argv,
            cwd=one.plan.workdir,
            env=launched.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return TrainingProcess(Process.of(child.pid), own, launched, child=child)


def found(
    one: Experiment,
    process: Process | None,
    state: Path,
    environ: Mapping[str, str],
) -> TrainingProcess:
    """Take over what somebody else had started for *one*, if anything is left."""
    own = mark(state, one)
    if process is None:
        # It was started, and whoever did that died before it could say so.
        leaders = [pid for pid in marked(own) if _leads(pid)]
        process = Process.of(leaders[0]) if leaders else None
    return TrainingProcess(process, own, LauncherHandle(one, own, _given(one), environ))


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False


def _given(one: Experiment) -> Mapping[str, str]:
    """Return what it has in its environment beside ours.

    W&B's variables say where its runs belong; what the script says itself goes before
    them.
    """
    plan = one.plan
    named = {
        "WANDB_ENTITY": plan.entity,
        "WANDB_PROJECT": plan.project,
        "WANDB_RUN_GROUP": group(one),
        "WANDB_RUN_ID": _run_id(one),
        "WANDB_DIR": one.directory,
    }
    return {**plan.env, **{name: value for name, value in named.items() if value}}


def _run_id(one: Experiment) -> str:
    """Return its run's id: another attempt is another run."""
    again = f"-{one.attempt}" if one.attempt > 1 else ""
    return f"{one.plan.run_id}{again}" if one.plan.run_id else ""


def group(one: Experiment) -> str:
    """Return the group of its runs, by which they are found."""
    return one.plan.group or f"{one.plan.name}-{one.batch}"
