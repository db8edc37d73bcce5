"""What ``summary`` reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from wandbwatch.analysis import delta as deltas
from wandbwatch.analysis.metric_names import relevance
from wandbwatch.formatting.run_blocks import caveats, run_fields, run_subject, run_title
from wandbwatch.formatting.text import by_number, did_you_mean, yet
from wandbwatch.model.cell import MISSING, Cell, Level
from wandbwatch.model.report import Block, Fields, Note, Report, Table, Text
from wandbwatch.model.run import Run, State

if TYPE_CHECKING:
    from wandbwatch.analysis.eta import Forecast
    from wandbwatch.model.run_details import Alert


_MOST = 10


def raised_blocks(raised: Sequence[Alert]) -> Iterator[Block]:
    """Tell the newest of *raised*, the last one last."""
    rows = tuple((one.level, one.title, one.text) for one in raised[-_MOST:])
    if rows:
        yield Table("raised by the run's code", ("level", "title", "text"), rows)
    if len(raised) > _MOST:
        yield Note(f"{len(raised) - _MOST} older alerts are left out")


_DEFAULT, _CHARTS = "_default", "Charts"
"""The group of keys without a prefix: for programs, and as W&B's UI calls it."""


_SYSTEM = "system"
_FIRST = ("val", "valid", "validation", "eval", "test", "train")


_OWN = frozenset({"_step", "_runtime", "_timestamp", "_wandb"})
"""W&B's own keys, shown as the run's last step, runtime and heartbeat."""


def report(
    run: Run,
    filters: Sequence[str] = (),
    raised: Sequence[Alert] = (),
    *,
    config: bool = False,
    since: deltas.Since | None = None,
    forecast: Forecast | None = None,
) -> Report:
    """Tell of *run*, and of those of its values that *filters* select.

    With *since*, changes since then are shown too; with *forecast*, the time
    left.
    """
    blocks: tuple[Block, ...] = (
        run_fields(run, more=forecast.named(run) if forecast else {}),
        *([Text("notes", run.notes)] if run.notes else []),
        *raised_blocks(raised),
        *_groups(run, filters),
        *_configuration(run, wanted=config),
    )
    seen = partial(_seen, run, blocks, filters)
    if since:
        blocks = tuple(_compared(run, block, filters, since) for block in blocks)
    noted = since.notes(seen(), [run]) if since else ()
    whole = (*blocks, *noted, *_notes(run, filters), *caveats([run]))
    title = run_title(run)
    return Report(
        "summary",
        title,
        whole,
        _level(run),
        run.url,
        fingerprint=lambda: seen().written(),
        subject=run_subject(run),
    )


def _seen(
    run: Run, blocks: Sequence[Block], filters: Sequence[str]
) -> deltas.SeenValues:
    values: dict[str, Cell] = {"state": run.state, "notes": run.notes}
    for block in blocks:
        if isinstance(block, Fields) and _counts(block, filters):
            values |= {f"{block.title}/{name}": cell for name, cell in block.items}
    return deltas.SeenValues.of({run.id: values})


def _counts(fields: Fields, filters: Sequence[str]) -> bool:
    """Whether its changes are news: system metrics only where they are asked for."""
    return fields.title != _SYSTEM or bool(filters)


def _compared(
    run: Run, block: Block, filters: Sequence[str], since: deltas.Since
) -> Block:
    if not isinstance(block, Fields) or not _counts(block, filters):
        return block
    items = (
        (name, since.cell(run.id, f"{block.title}/{name}", cell))
        for name, cell in block.items
    )
    return replace(block, items=tuple(items))


def _level(run: Run) -> Level:
    if run.state.bad:
        return Level.BAD
    return Level.GOOD if run.state is State.FINISHED else Level.INFO


def _known(cell: Cell) -> bool:
    return cell is not None and cell not in ("", (), MISSING)


def _groups(run: Run, filters: Sequence[str]) -> Iterator[Fields]:
    grouped: dict[str, list[tuple[str, Cell]]] = {}
    for name, cell in _values(run):
        group, _, key = name.partition("/")
        if _selected(name, filters):
            grouped.setdefault(group, []).append((key, cell))
    for group in sorted(grouped, key=_order):
        fields = Fields(
            group, tuple(grouped[group]), late=relevance(group) > relevance("train")
        )
        yield _charts(fields, filters) if group == _DEFAULT else fields


def _charts(fields: Fields, filters: Sequence[str]) -> Fields:
    """Show people validation and training first, and the state once."""
    names = [name for name, _ in fields.items if filters or name != "state"]
    order = tuple(sorted(names, key=relevance))
    return replace(fields, label=_CHARTS, order=order)


def _order(group: str) -> tuple[object, ...]:
    """Put the run's own values first, then validation and training, system last."""
    first = _FIRST.index(group) if group in _FIRST else len(_FIRST)
    return group != _DEFAULT, group == _SYSTEM, first, *by_number(group)


def _values(run: Run) -> Iterator[tuple[str, Cell]]:
    """Name every value GROUP/KEY, in the order of their names."""
    yield f"{_DEFAULT}/state", run.state
    for key in sorted(run.summary, key=by_number):
        yield _grouped(key), run.summary[key]
    for key in sorted(run.system, key=by_number):
        yield f"{_SYSTEM}/{key}", run.system[key]


def _grouped(key: str) -> str:
    return key if key.find("/") > 0 else f"{_DEFAULT}/{key}"


def _selected(name: str, filters: Sequence[str]) -> bool:
    if filters:
        return any(_matches(name, wanted) for wanted in filters)
    return not _own(name)


def _own(name: str) -> bool:
    return name.removeprefix(f"{_DEFAULT}/").partition(".")[0] in _OWN


def _matches(name: str, wanted: str) -> bool:
    """Whether *wanted* names the value, a group around it, or fits it as a glob.

    Groups are parted by slashes, nested tables by dots. W&B's own keys are asked
    for by name alone.
    """
    wanted = wanted.rstrip("/") or "/"
    names = _spellings(name)
    if wanted in names:
        return True
    if _own(name):
        return False
    around = (f"{wanted}/", f"{wanted}.")
    return any(n.startswith(around) or fnmatchcase(n, wanted) for n in names)


def _spellings(name: str) -> tuple[str, ...]:
    short = name.removeprefix(f"{_DEFAULT}/")
    return (name,) if short == name else (name, short, f"{_CHARTS}/{short}")


def _configuration(run: Run, *, wanted: bool) -> Iterator[Fields | Note]:
    if wanted and run.config:
        items = tuple((k, run.config[k]) for k in sorted(run.config))
        yield Fields("config", items, late=True)
    elif wanted:
        yield Note("the run has no config")


def unmatched(run: Run, filters: Sequence[str]) -> dict[str, str]:
    """Return those of *filters* that match no value, each with what to say of it."""
    names = [name for name, _ in _values(run)]
    return {
        wanted: f"nothing matches {wanted!r}{_meant(wanted, names)}"
        for wanted in filters
        if not any(_matches(name, wanted) for name in names)
    }


def _notes(run: Run, filters: Sequence[str]) -> Iterator[Note]:
    yield from map(Note, unmatched(run, filters).values())
    if all(map(_own, run.summary)):
        yield Note(f"the run has no summary values{yet(run)}")


def _meant(wanted: str, names: Sequence[str]) -> str:
    known = {spelling for name in names for spelling in _spellings(name)}
    return did_you_mean(wanted, known | {n.partition("/")[0] for n in known})
