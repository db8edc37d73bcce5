"""What ``logs`` reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from wandbwatch.commands.logs import Pattern
from wandbwatch.formatting.run_blocks import caveats, run_subject, run_title
from wandbwatch.model.address import Address
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import UsageError
from wandbwatch.model.experiment import Experiments
from wandbwatch.model.ports import Env, Source
from wandbwatch.model.report import Block, Note, Report, Text
from wandbwatch.model.run_details import Printed

T = TypeVar("T")


def fresh(shown: Sequence[T], found: Sequence[T]) -> Sequence[T]:
    """Return the lines of *found* that come after those already *shown*.

    Both are laid over each other where the most of them agree. Where none of what was
    shown is among them, all of them are new.
    """
    old, new = list(shown), list(found)
    best = end = 0
    for place in range(1, len(new) + 1):
        both = min(place, len(old))
        if both > best and new[place - both : place] == old[-both:]:
            best, end = both, place
    return found[end:]


_HERE, _AWAY = 1.0, 5.0
"""Seconds between looks at what is on this machine, and at a run on a server."""


_MOST = 2000


Ask = Callable[[int, bool], tuple[Sequence[Printed], bool]]
"""Returns so many of the newest lines, and whether more may come.

With True, it leaves out a last line that may still grow.
"""


def answers(
    env: Env, address: Address, lines: int, grep: Pattern | None, *, follow: bool
) -> Iterator[Report]:
    experiment = _of_experiment(env, address)
    ask, first = experiment or _of_run(env.source(address))
    shown, going = ask(0 if grep else lines, follow)
    chosen = [line for line in shown if grep is None or grep.fits(line)]
    yield report(
        first, chosen[-lines:] if lines else chosen, len(shown), grep, going=going
    )
    while follow and going:
        time.sleep(_HERE if experiment or address.local else _AWAY)
        found, going = ask(_MOST, True)
        new = fresh(shown, found)
        if fitting := [line for line in new if grep is None or grep.fits(line)]:
            yield Report("logs", "", (Text("", _joined(fitting)),))
        shown = (*shown, *new)[-_MOST:]


def report(
    about: Report,
    lines: Sequence[Printed],
    total: int,
    grep: Pattern | None = None,
    *,
    going: bool = False,
) -> Report:
    """Show *lines* of the *total* that there are; *about* has the title and notes.

    *going* says that more may come.
    """
    if not lines:
        why = "no console output yet" if going else "no console output"
        if grep and total:
            why = f"none of {total} lines match"
        blocks: tuple[Block, ...] = (Note(why),)
    else:
        blocks = (Text("", _joined(lines)),)
    blocks = (*blocks, *about.blocks)
    return replace(about, blocks=blocks)


def _joined(lines: Sequence[Printed]) -> str:
    return "\n".join(line.text for line in lines)


def _of_run(source: Source) -> tuple[Ask, Report]:
    run = source.run()

    def ask(last: int, whole: bool) -> tuple[Sequence[Printed], bool]:
        # Ask first whether it is still running, so the last lines are not missed.
        going = run.state.going and source.run().state.going
        grows = whole and going
        found = source.console(run.id, last + grows if last else 0)
        return found[:-1] if grows else found, going

    level = Level.BAD if run.state.bad else Level.INFO
    noted = tuple(caveats([run]))
    subject, title = run_subject(run), run_title(run)
    return ask, Report("logs", title, noted, level, run.url, subject=subject)


def _of_experiment(env: Env, address: Address) -> tuple[Ask, Report] | None:
    """Return what asks for an experiment's output, if *address* is its number."""
    if not str(address).isdecimal():
        return None
    experiments: Experiments = env.experiments()
    number = int(str(address))
    try:
        one = experiments.find(number)
    except UsageError:
        return None

    def ask(last: int, whole: bool) -> tuple[Sequence[Printed], bool]:
        going = not experiments.find(number).phase.over
        if going:
            experiments.attend()
        printed = experiments.printed(number, last, whole=whole and going)
        return tuple(Printed(line) for line in printed), going

    return ask, Report("logs", f"{one.plan.name} (experiment {one.id})")
