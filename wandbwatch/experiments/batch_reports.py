"""The reports on a batch: how far it is, and its ranked result. Pure."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from wandbwatch import formatting
from wandbwatch.analysis.ranking import Objective
from wandbwatch.experiments.reports import exit_status
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.experiment import Experiment, Phase
from wandbwatch.model.report import Block, Fields, Note, Report, Table, Text
from wandbwatch.model.run import Json, flat

SHOWN = 10
"""Rows of the trials in a message; the terminal shows all."""
_MOST_PARAMETERS = 6
"""Columns of parameters."""


def name(batch: int) -> str:
    return f"B{batch}"


def live(batch: Sequence[Experiment]) -> Report:
    """Return the message that is edited; at its end, another one has the result."""
    found = report(batch, most=SHOWN)
    if _over(batch):
        blocks = tuple(b for b in found.blocks if isinstance(b, Fields | Text))
        found = replace(found, blocks=blocks)
    return replace(found, event=False)


def report(batch: Sequence[Experiment], *, most: int = 0) -> Report:
    """Report on a whole batch; *most*: the rows of a message, 0 for all trials."""
    over = all(one.phase.over for one in batch)
    first, ended = batch[0], sum(one.phase.over for one in batch)
    state = "ended" if over else f"{ended} of {len(batch)} ended"
    title = f"{first.plan.name} (batch {name(first.batch)}) {state}"
    failed = any(one.phase in _BAD for one in batch)
    level = (Level.BAD if failed else Level.GOOD) if over else Level.INFO
    blocks: tuple[Block, ...] = (
        Fields("batch", tuple(_counts(batch))),
        *_failures(batch, folded=bool(most)),
        *([_searched(batch)] if most and not ended else []),
        *_trials(batch, most),
        *_winner(batch, over=over),
    )
    return Report(
        "experiment", title, blocks, level, event=True, headline=_headline(title, batch)
    )


def _headline(title: str, batch: Sequence[Experiment]) -> str:
    """Return what a notification shows: the best score and the number of failures."""
    if not any(one.phase.over for one in batch):
        names = _varied([flat(one.plan.parameters) for one in batch])
        over = f" over {', '.join(names[:_SAID])}" if names else ""
        more = ", …" if len(names) > _SAID else ""
        started = title.removesuffix(f"0 of {len(batch)} ended")
        return f"{started}started: {len(batch)} trials{over}{more}"
    said = []
    if best := winner(batch):
        key = Objective.read(best.plan.best).key
        of = _settings(best, batch)
        said.append(f"best {key} {formatting.number(best.score or 0.0)}{of}")
    if failed := sum(one.phase in _BAD for one in batch):
        said.append(f"{failed} of {len(batch)} failed")
    return f"{title}: {', '.join(said)}" if said else title


_SAID = 3
"""Parameters in a headline."""


def _settings(one: Experiment, batch: Sequence[Experiment]) -> str:
    """Return what sets a trial apart: `` (lr 0.1, seed 1)``."""
    values = flat(one.plan.parameters)
    names = _varied([flat(each.plan.parameters) for each in batch])[:_SAID]
    said = [f"{k} {formatting.cell(values[k])}" for k in names if k in values]
    return f" ({', '.join(said)})" if said else ""


_FEW = 8
"""Values of a parameter that are listed."""


def _searched(batch: Sequence[Experiment]) -> Fields:
    """Return the values that each parameter takes in the trials."""
    sets = [flat(one.plan.parameters) for one in batch]
    items = []
    for key in _varied(sets)[:_MOST_PARAMETERS]:
        values = list(dict.fromkeys(formatting.cell(s[key]) for s in sets if key in s))
        more = f", … ({len(values)})" if len(values) > _FEW else ""
        items.append((key, ", ".join(values[:_FEW]) + more))
    return Fields("values", tuple(items))


_BAD = (Phase.FAILED, Phase.TIMED_OUT, Phase.LOST, Phase.HELD)


def _counts(batch: Sequence[Experiment]) -> Iterator[tuple[str, Cell]]:
    counter = Counter(one.phase for one in batch)
    yield "trials", len(batch)
    for phase in Phase:
        if counter[phase]:
            yield phase.value, counter[phase]
    if best := winner(batch):
        yield "best so far" if not _over(batch) else "best", best.score
        yield "best trial", f"experiment {best.id}"
    started = [one.started for one in batch if one.started]
    ended = [one.ended for one in batch if one.ended]
    if started and ended and _over(batch):
        yield "runtime", max(ended) - min(started)


def _over(batch: Sequence[Experiment]) -> bool:
    return all(one.phase.over for one in batch)


def _failures(batch: Sequence[Experiment], *, folded: bool) -> Iterator[Block]:
    """Count the failures by their reason, the most frequent first."""
    reasons = Counter(
        one.reason or exit_status(one) or one.phase.value
        for one in batch
        if one.phase in _BAD
    )
    if not reasons:
        return
    if folded:  # a message: the reasons are too long for a column
        lines = (f"{count} × {reason}" for reason, count in reasons.most_common(5))
        yield Text("failures", "\n".join(lines))
    else:
        yield Fields("failures", tuple(reasons.most_common(5)))


def ranking(batch: Sequence[Experiment]) -> list[Experiment]:
    """Return the experiments with a score, the best first, those that failed last."""
    scored = [one for one in batch if one.score is not None and one.plan.best]
    if not scored:
        return []
    largest = Objective.read(scored[0].plan.best).largest
    scored.sort(key=lambda one: one.score or 0.0, reverse=largest)
    return sorted(scored, key=lambda one: one.phase in _BAD)


def winner(batch: Sequence[Experiment]) -> Experiment | None:
    """Return the trial with the best score, if one has any and has not failed."""
    return next((one for one in ranking(batch) if one.phase not in _BAD), None)


def _trials(batch: Sequence[Experiment], most: int) -> Iterator[Block]:
    """List the trials, ranked by their score; those without one come last."""
    ranked = ranking(batch)
    if most:  # a message: the failures are counted above
        chosen = ranked[:most]
    else:
        rest = [one for one in batch if one not in ranked]
        chosen = [*ranked, *sorted(rest, key=lambda one: not one.phase.over)]
    if not chosen:
        return
    parameters = {one.id: flat(one.plan.parameters) for one in batch}
    varied = _varied(list(parameters.values()))[:_MOST_PARAMETERS]
    metric = Objective.read(batch[0].plan.best).key if batch[0].plan.best else ""
    rows = tuple(
        (
            _called(one) if most else one.id,
            *(() if most else (one.phase.value,)),
            *((MISSING if one.score is None else one.score,) if metric else ()),
            *(parameters[one.id].get(key, MISSING) for key in varied),
            MISSING if one.runtime is None else timedelta(seconds=one.runtime),
        )
        for one in chosen
    )
    columns = (
        "trial" if most else "id",
        *(() if most else ("phase",)),
        *((metric,) if metric else ()),
        *varied,
        "runtime",
    )
    yield Table("trials", columns, rows, spare=("runtime",))
    left = len(batch) - len(chosen)
    if left and most:
        shown = f"wandbwatch experiments show {name(batch[0].batch)}"
        yield Note(f"{left} more trials: `{shown}`")


def _called(one: Experiment) -> str:
    over = one.phase.over and one.phase is not Phase.FINISHED
    return f"{one.id} ✗" if over else f"{one.id}"


def _varied(sets: Sequence[Mapping[str, Json]]) -> list[str]:
    """Return the parameters that differ between the trials."""
    names = dict.fromkeys(key for one in sets for key in one)
    return [
        key
        for key in names
        if len({json.dumps(one[key]) if key in one else "" for one in sets}) > 1
    ]


def _winner(batch: Sequence[Experiment], *, over: bool) -> Iterator[Note]:
    if over and (best := winner(batch)):
        yield Note(f"repeat the best: `{command(best)}`")
    held = sum(one.phase is Phase.HELD for one in batch)
    failed = sum(one.phase in _BAD for one in batch)
    if held:
        why = next(one.reason for one in batch if one.phase is Phase.HELD)
        yield Note(f"held {held} trials: {why}")
    if over and failed:
        again = f"wandbwatch retry {name(batch[0].batch)} --failed"
        yield Note(f"start the failed ones again: `{again}`")


def command(one: Experiment) -> str:
    """Return the command line that starts the training of *one* once more."""
    plan = one.plan
    if plan.configured:  # watch.toml has the rest
        return shlex.join(["wandbwatch", "experiment", plan.name, plan.argument])
    words = ["wandbwatch", "experiment", plan.argument, "--script", plan.script]
    if plan.launcher:
        words += ["--launcher", shlex.join(plan.launcher)]
    for option, text in (
        ("--best", plan.best),
        ("--project", plan.project),
        ("--entity", plan.entity),
    ):
        words += [option, text] if text else []
    return shlex.join(words)
