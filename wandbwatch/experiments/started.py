"""One training's processes: started without a shell, ended with all they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wandbwatch.model.experiment import Experiment
from wandbwatch.processes import MARK, Process, descendants, marked


@dataclass
class Started:
    """What runs for one experiment. ``code`` is None while it does, or for ever where
    it is no child of ours."""

    process: Process | None
    mark: str
    code: int | None = None
    child: subprocess.Popen[bytes] | None = None

    @property
    def leads(self) -> bool:
        """Whether the process that was started is still there."""
        if self.child:
            self.code = self.child.poll()
            return self.code is None
        return self.process is not None and self.process.alive

    def left(self) -> list[int]:
        """List all processes that belong to it, whatever their groups and sessions."""
        found = set(marked(self.mark))
        if self.process and self.leads:
            found |= {self.process.pid, *descendants(self.process.pid)}
        return sorted(found)

    def send(self, sign: signal.Signals) -> None:
        """Signal its group once; nothing where it is over."""
        if self.process and self.leads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sign)

    def end(self, sign: signal.Signals) -> None:
        """Signal its group and whatever left that."""
        self.send(sign)
        group = self.process.pid if self.process and self.leads else -1
        for pid in self.left():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) != group:
                    os.kill(pid, sign)


def mark(state: Path, one: Experiment) -> str:
    return f"{state}:{one.id}:{one.attempt}"


def start(one: Experiment, state: Path, environ: Mapping[str, str]) -> Started:
    """Start the attempt that *one* is at; its output goes to the end of its log.

    Raises OSError. Signals are as a program expects them: none is ignored.
    """
    own = mark(state, one)
    plan = one.plan
    with Path(one.log).open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 -- what the user asked for; no shell
            [*plan.launcher, plan.script, plan.argument],
            cwd=plan.workdir,
            env={**environ, **plan.env, **_of_wandb(one), MARK: own},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Started(Process.of(child.pid), own, child=child)


def found(one: Experiment, process: Process | None, state: Path) -> Started:
    """Take over what somebody else had started for *one*, if anything is left."""
    own = mark(state, one)
    if process is None:
        # It was started, and whoever did that died before it could say so.
        leaders = [pid for pid in marked(own) if _leads(pid)]
        process = Process.of(leaders[0]) if leaders else None
    return Started(process, own)


def _leads(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False


def _of_wandb(one: Experiment) -> Mapping[str, str]:
    """Say where its runs belong; what the script says itself goes before this."""
    plan = one.plan
    named = {
        "WANDB_ENTITY": plan.entity,
        "WANDB_PROJECT": plan.project,
        "WANDB_RUN_GROUP": group(one),
        "WANDB_RUN_ID": plan.run_id,
        "WANDB_DIR": one.directory,
    }
    return {name: value for name, value in named.items() if value}


def group(one: Experiment) -> str:
    """Return the group of its runs, by which they are found."""
    return one.plan.group or f"{one.plan.name}-{one.batch}"
