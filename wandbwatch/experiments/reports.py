"""The reports on experiments. Pure."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from wandbwatch import formatting
from wandbwatch.analysis.failing import brief, error
from wandbwatch.analysis.metric_names import relevance
from wandbwatch.analysis.objective import choose
from wandbwatch.analysis.ranking import Objective
from wandbwatch.experiments.plan import PlanSet
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.errors import ExitCode
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.report import Block, Fields, Note, Report, Table, Text
from wandbwatch.model.run import Json, Run, flat
from wandbwatch.model.run_details import Printed

TAIL = 20
"""Lines of output in the report of an experiment that did not finish."""


def dry_run(planned: PlanSet) -> Report:
    """List what would start: common parameters as fields, the others as a table."""
    plan, count = planned.plans[0], len(planned.plans)
    trainings = "1 training" if count == 1 else f"{count} trainings"
    fields = _fields(
        ("script", plan.script),
        ("launcher", shlex.join(plan.launcher)),
        ("in", plan.workdir),
        ("told in", plan.channel),
        ("seed", planned.seed),
    )
    parameters = _common_and_varied([flat(one) for one in planned.parameters])
    limit = f"up to {planned.jobs}" if planned.jobs > 1 else "one"
    at_once = f", {limit} at a time" if count > 1 else ""
    note = Note(f"dry run: would start {trainings}{at_once}")
    blocks: tuple[Block, ...] = (
        fields,
        *parameters,
        *_texts([flat(one) for one in planned.parameters]),
        note,
    )
    return Report("experiment", f"{plan.name}: {trainings}", blocks)


def _texts(sets: Sequence[Mapping[str, Json]]) -> Iterator[Note]:
    """Name the texts that look like another value, such as ``"10"``."""
    found = {
        f"{name}={json.dumps(value)}": None
        for one in sets
        for name, value in one.items()
        if isinstance(value, str) and _reads_as_other(value)
    }
    if found:
        yield Note(f"texts, not numbers or other values: {', '.join(list(found)[:5])}")


def _reads_as_other(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _common_and_varied(sets: Sequence[Mapping[str, Json]]) -> Iterator[Block]:
    names = list(dict.fromkeys(name for one in sets for name in one))
    varied = [name for name in names if len({_json(one, name) for one in sets}) > 1]
    common = tuple((name, sets[0][name]) for name in names if name not in varied)
    if common:
        title = "parameters of all" if len(sets) > 1 else "parameters"
        yield Fields(title, common)
    if varied:
        rows = tuple(
            (place, *(one.get(name, MISSING) for name in varied))
            for place, one in enumerate(sets, 1)
        )
        yield Table("parameters", ("place", *varied), rows)


def _json(parameters: Mapping[str, Json], name: str) -> str:
    return json.dumps(parameters[name]) if name in parameters else ""


def started(one: Experiment) -> Report:
    """Report a start, or that it still waits: parameters, script and log."""
    attempt = f", attempt {one.attempt}" if one.attempt > 1 else ""
    plan = one.plan
    about = _fields(
        ("started", one.started),
        ("waits for", one.reason if one.phase is Phase.PENDING else ""),
        ("by", one.by),
        ("script", plan.script),
        ("launcher", " ".join(plan.launcher)),
        ("in", plan.workdir),
        ("output", one.log),
    )
    if plan.workdir and plan.script.startswith(f"{plan.workdir}/"):
        order = (name for name, _ in about.items if name != "in")
        about = replace(about, order=tuple(order))
    phase = "started" if one.phase is Phase.RUNNING else one.phase.value
    title = f"{_name(one)} {phase}{attempt}"
    by = f" by {one.by}" if one.by else ""
    parameters = _parameters(one)
    return Report(
        "experiment",
        title,
        (parameters, about),
        event=True,
        headline=f"{title}{by}{_first(parameters)}",
    )


def ended(
    one: Experiment,
    runs: Sequence[Run],
    earlier: Sequence[float] = (),
    output: Sequence[str] = (),
    *,
    again: bool = False,
    asked: str = "on this machine",
) -> Report:
    """Report an end: the exit code, the *runs* and the last lines of *output*.

    *earlier* are the scores to compare with; *again* announces another attempt;
    *asked*: where its runs were looked for.
    """
    finished = one.phase is Phase.FINISHED
    blocks: tuple[Block, ...] = (
        replace(_end(one), late=True),
        *_runs(runs),
        *_comparison(one, earlier),
        *(_metrics(run, one.plan.parameters) for run in runs[:1] if run.summary),
        _parameters(one),
        *_last_output(one, output),
        *map(Note, _notes(one, runs, asked, again=again)),
    )
    level = Level.GOOD if finished else Level.BAD
    if one.phase is Phase.STOPPED:
        level = Level.INFO
    url = next((run.url for run in runs if run.url), None)
    title = f"{_name(one)} {one.phase}"
    why = error(map(Printed, output[-TAIL:])) if level is Level.BAD else ""
    if why:
        blocks = (Text("error", why), *blocks)
    headline = f"{title}{_result(one, brief(why), runs)}"
    return Report(
        "experiment", title, blocks, level, url, event=True, headline=headline
    )


def _result(one: Experiment, why: str, runs: Sequence[Run]) -> str:
    """Return the reason or the score, and how long it ran.

    Without ``--best``, the score is the value of the metric that matters.
    """
    bare = exit_status(one) if one.phase is not Phase.FINISHED else ""
    said = why or one.reason or bare
    if one.phase is Phase.FINISHED:
        aim = Objective.read(one.plan.best) if one.plan.best else choose(runs).objective
        values = [value for _, value in aim.ranked(runs)] if aim else []
        values = values if one.score is None else [one.score]
        said = f"{aim.key} {formatting.number(values[0])}" if aim and values else said
    ran = "" if one.runtime is None else timedelta(seconds=round(one.runtime))
    took = f" ({formatting.cell(ran)})" if ran else ""
    if said.startswith(f"{one.phase} "):  # such as "stopped by mara"
        return said.removeprefix(one.phase) + took
    return f": {said}{took}" if said else took


def _first(parameters: Fields) -> str:
    shown = [f"{key} {formatting.cell(v)}" for key, v in parameters.items[:3]]
    more = ", …" if len(parameters.items) > len(shown) else ""
    return f": {', '.join(shown)}{more}" if shown else ""


def score(one: Experiment, runs: Sequence[Run]) -> float | None:
    """Return the best value among *runs* of the metric that the plan compares by."""
    if not one.plan.best:
        return None
    ranked = Objective.read(one.plan.best).ranked(runs)
    return ranked[0][1] if ranked else None


def listing(experiments: Sequence[Experiment]) -> Report:
    """List experiments, one a row."""
    if not experiments:
        note = Note("no experiments yet; `wandbwatch experiment --help` shows how")
        return Report("experiments", "experiments", (note,))
    reasons = any(one.reason for one in experiments)
    rows = tuple(
        (
            one.id,
            one.phase,
            one.plan.name,
            one.plan.argument,
            one.started or MISSING,
            MISSING if one.runtime is None else timedelta(seconds=one.runtime),
            exit_status(one) or MISSING,
            one.by,
            f"B{one.batch}",
            MISSING if one.score is None else one.score,
            *((one.reason or MISSING,) if reasons else ()),
        )
        for one in experiments
    )
    columns = (
        *("id", "phase", "name", "parameters", "started", "runtime", "end", "by"),
        *("batch", "score", *(("why",) if reasons else ())),
    )
    return Report("experiments", "experiments", (Table("", columns, rows),))


def exit_code(ended: Sequence[Experiment]) -> int:
    """Return the code of the first experiment that did not finish; 0 if all did."""
    for one in ended:
        if one.phase is Phase.TIMED_OUT:
            return ExitCode.TIME_OUT
        if one.code:
            return one.code if one.code > 0 else 128 - one.code
        if one.phase is not Phase.FINISHED:
            return ExitCode.OURS
    return ExitCode.FINE


def exit_status(one: Experiment) -> str:
    """Return the exit code, or the signal that ended it, in words."""
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


def _fields(*items: tuple[str, Cell]) -> Fields:
    present = tuple((k, v) for k, v in items if v is not None and v != "")
    return Fields("experiment", present)


def _end(one: Experiment) -> Fields:
    runtime = None if one.runtime is None else timedelta(seconds=one.runtime)
    return _fields(
        ("end", exit_status(one)),
        ("why", one.reason),
        ("runtime", runtime),
        ("attempt", one.attempt if one.attempt > 1 else None),
        ("by", one.by),
        ("output", one.log),
    )


def _parameters(one: Experiment) -> Fields:
    return Fields("parameters", tuple(flat(one.plan.parameters).items()))


def _runs(runs: Sequence[Run]) -> Iterator[Table]:
    if runs:
        rows = tuple((r.state, r.id, r.name, r.last_step) for r in runs)
        columns = ("state", "id", "name", "last step")
        yield Table(
            "runs", columns, rows, tuple(run.url for run in runs), spare=("id",)
        )


def _metrics(run: Run, parameters: Mapping[str, Json]) -> Fields:
    """Return the run's last values; people see no parameter among them."""
    public = sorted((k, v) for k, v in run.summary.items() if k[:1] != "_")
    names = (k for k, v in public if k not in parameters or parameters[k] != v)
    order = tuple(sorted(names, key=relevance))
    return Fields("metrics", tuple(public), order=order)


_EQUAL = "equals the best"


def _comparison(one: Experiment, earlier: Sequence[float]) -> Iterator[Fields]:
    if one.score is None:
        return
    objective = Objective.read(one.plan.best)
    items: list[tuple[str, Cell]] = [(objective.key, one.score)]
    if earlier:
        best = max(earlier) if objective.largest else min(earlier)
        items += [("best before", best), ("change", one.score - best)]
        items.append(("verdict", _verdict(one, objective, best)))
    names = [name for name, _ in items]
    if ("verdict", _EQUAL) in items:  # but for an error of rounding
        names.remove("change")
    order = tuple(names) if _compares(one) else ()
    yield Fields("compared with the best so far", tuple(items), order=order)


def _verdict(one: Experiment, objective: Objective, best: float) -> str:
    score = one.score or 0.0
    if _compares(one) and objective.better(score, best):
        return "a new best"
    equal = formatting.number(score) == formatting.number(best)
    return _EQUAL if _compares(one) and equal else "not the best"


def _compares(one: Experiment) -> bool:
    """Whether its score counts: not where it failed on its way."""
    return one.phase in (Phase.FINISHED, Phase.STOPPED)


def _last_output(one: Experiment, output: Sequence[str]) -> Iterator[Text]:
    if output and one.phase is not Phase.FINISHED:
        yield Text("last output", "\n".join(output[-TAIL:]))


def _notes(
    one: Experiment, runs: Sequence[Run], asked: str, *, again: bool
) -> Iterator[str]:
    if not runs and one.phase is not Phase.WAITING and one.attempt:
        early = "" if one.phase is Phase.FINISHED else "it ended before wandb.init: "
        yield f"{early}no W&B run found {asked}"
    if again:
        yield f"starting again: attempt {one.attempt + 1} of {one.plan.retries + 1}"
