"""Wait for experiments and batches of this machine."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from wandbwatch import formatting
from wandbwatch.model.errors import ExitCode, TimeOutError, UsageError
from wandbwatch.model.experiment import Experiment, Experiments, Phase

if TYPE_CHECKING:
    from wandbwatch.cli.wait import WaitLimits
    from wandbwatch.model.report import Report

_NAME = re.compile(r"\d+|[Bb]\d+")
_LOOK = 1.0
"""Seconds between two looks at the state."""


def named(words: Sequence[str], experiments: Experiments) -> bool:
    """Whether *words* name experiments (``8``) or batches (``B3``) of this machine.

    UsageError where there is none, unless WANDB_PROJECT may have runs of these ids.
    """
    if not words or not all(_NAME.fullmatch(word) for word in words):
        return False
    try:
        return bool(experiments.select(words))
    except UsageError as e:
        if os.environ.get("WANDB_PROJECT"):
            return False
        raise UsageError(f"{e}; a run is ENTITY/PROJECT/{words[0]}") from e


def wait_for(
    words: Sequence[str], experiments: Experiments, limits: WaitLimits
) -> Iterator[Report]:
    """Report on each experiment, or on the whole batch, once it has ended."""
    began = time.monotonic()
    pause = limits.every.total_seconds() if limits.every else _LOOK
    shown = ""
    while True:
        experiments.attend()
        found = experiments.select(words)
        ended = [one for one in found if one.phase.over]
        counts = _counts(found)
        if counts != shown:
            typer.echo(f"wandbwatch: {counts}", err=True)
            shown = counts
        if len(ended) == len(found) or (ended and limits.one):
            break
        if limits.timeout:
            left = began + limits.timeout.total_seconds() - time.monotonic()
            if left <= 0:
                span = formatting.duration(limits.timeout)
                raise TimeOutError(f"still running after {span}: {counts}")
            time.sleep(min(pause, left))
        else:
            time.sleep(pause)
    yield from _reports(words, experiments, ended)
    if any(one.phase is not Phase.FINISHED for one in ended):
        raise typer.Exit(ExitCode.CONDITION)


def _reports(
    words: Sequence[str], experiments: Experiments, ended: Sequence[Experiment]
) -> Iterator[Report]:
    batches = {int(word[1:]) for word in words if not word.isdecimal()}
    for batch in sorted(batches):
        yield experiments.batch_report(batch)
    for one in ended:
        if one.batch not in batches:
            yield experiments.report(one.id)


def _counts(found: Sequence[Experiment]) -> str:
    counter = Counter(one.phase for one in found)
    return ", ".join(f"{counter[phase]} {phase}" for phase in Phase if counter[phase])
