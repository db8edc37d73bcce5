"""Reports of an experiment's start, end and listing. Pure."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from datetime import timedelta

from wandbwatch.analysis.ranking import Objective
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.report import (
    MISSING,
    Block,
    Cell,
    Fields,
    Level,
    Note,
    Report,
    Table,
    Text,
)
from wandbwatch.model.run import Run, flat

TAIL = 20
"""Lines of its output that are told when it went wrong."""


def started(one: Experiment) -> Report:
    """Tell what was started, with which parameters."""
    again = f", attempt {one.attempt}" if one.attempt > 1 else ""
    title = f"{_name(one)} started{again}"
    return Report("experiment", title, (_parameters(one), _about(one)), event=True)


def ended(
    one: Experiment,
    runs: Sequence[Run],
    earlier: Sequence[float] = (),
    output: Sequence[str] = (),
    *,
    again: bool = False,
) -> Report:
    """Tell how *one* ended, of the *runs* that it left and of the last of its
    *output*; *earlier* are the scores of those it is compared with."""
    went_well = one.phase is Phase.FINISHED
    blocks = (
        _end(one),
        *_runs(runs),
        *_score(one, earlier),
        *(_metrics(run) for run in runs[:1] if run.summary),
        _parameters(one),
        *(
            []
            if went_well or not output
            else [Text("its last output", _joined(output))]
        ),
        *map(Note, _notes(one, runs, again=again)),
    )
    level = Level.GOOD if went_well else Level.BAD
    if one.phase is Phase.STOPPED:
        level = Level.INFO
    url = next((run.url for run in runs if run.url), None)
    title = f"{_name(one)} {one.phase}"
    return Report("experiment", title, blocks, level, url, event=True)


def score(one: Experiment, runs: Sequence[Run]) -> float | None:
    """Return the best that *runs* came to, by what its plan compares them by."""
    if not one.plan.best:
        return None
    ranked = Objective.read(one.plan.best).ranked(runs)
    return ranked[0][1] if ranked else None


def listing(found: Sequence[Experiment]) -> Report:
    """List experiments: what runs, what ran, who asked for it."""
    if not found:
        note = Note("no experiments yet; see `wandbwatch experiment --help`")
        return Report("experiments", "experiments", (note,))
    rows = tuple(
        (
            one.id,
            one.phase.value,
            one.plan.name,
            one.plan.argument,
            one.started or MISSING,
            MISSING if one.runtime is None else timedelta(seconds=one.runtime),
            how(one) or MISSING,
            one.by,
        )
        for one in found
    )
    columns = ("id", "phase", "name", "parameters", "started", "runtime", "end", "by")
    return Report("experiments", "experiments", (Table("", columns, rows),))


def how(one: Experiment) -> str:
    """Word its exit code, or the signal that ended it."""
    if one.code is None:
        return ""
    if one.code >= 0:
        return f"exit code {one.code}"
    try:
        return f"signal {signal.Signals(-one.code).name}"
    except ValueError:
        return f"signal {-one.code}"


def _name(one: Experiment) -> str:
    return f"{one.plan.name} (experiment {one.id})"


def _about(one: Experiment) -> Fields:
    plan = one.plan
    items: tuple[tuple[str, Cell], ...] = (
        ("started", one.started),
        ("by", one.by),
        ("script", plan.script),
        ("launcher", " ".join(plan.launcher)),
        ("in", plan.workdir),
        ("output", one.log),
    )
    return Fields("experiment", tuple((k, v) for k, v in items if v))


def _end(one: Experiment) -> Fields:
    runtime = None if one.runtime is None else timedelta(seconds=one.runtime)
    items: tuple[tuple[str, Cell], ...] = (
        ("end", how(one)),
        ("why", one.reason),
        ("runtime", runtime),
        ("attempt", one.attempt if one.attempt > 1 else None),
        ("by", one.by),
        ("output", one.log),
    )
    return Fields("experiment", tuple((k, v) for k, v in items if v))


def _parameters(one: Experiment) -> Fields:
    return Fields("parameters", tuple(flat(one.plan.parameters).items()))


def _runs(runs: Sequence[Run]) -> Iterator[Table]:
    if runs:
        rows = tuple((r.state, r.id, r.name, r.last_step) for r in runs)
        columns = ("state", "id", "name", "last step")
        yield Table("runs", columns, rows, tuple(run.url for run in runs))


def _metrics(run: Run) -> Fields:
    shown = sorted((k, v) for k, v in run.summary.items() if k[:1] != "_")
    return Fields("metrics", tuple(shown))


def _score(one: Experiment, earlier: Sequence[float]) -> Iterator[Block]:
    if one.score is None:
        return
    aim = Objective.read(one.plan.best)
    items: list[tuple[str, Cell]] = [(aim.key, one.score)]
    if earlier:
        best = max(earlier) if aim.largest else min(earlier)
        items += [("best before", best), ("change", one.score - best)]
        better = aim.better(one.score, best)
        items.append(("verdict", "a new best" if better else "not the best"))
    yield Fields("against the best", tuple(items))


def _notes(one: Experiment, runs: Sequence[Run], *, again: bool) -> Iterator[str]:
    if not runs and one.phase is not Phase.WAITING and one.attempt:
        if one.phase is Phase.FINISHED:
            yield "no W&B run found on this machine"
        else:
            yield "ended before wandb.init; no W&B run found on this machine"
    if again:
        tries = one.plan.retries + 1
        yield f"retrying: attempt {one.attempt + 1} of {tries}"


def _joined(output: Sequence[str]) -> str:
    return "\n".join(output[-TAIL:])
