"""What ``artifacts`` reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wandbwatch.analysis import keys
from wandbwatch.model.address import Address
from wandbwatch.model.cell import MISSING, Bytes, Cell
from wandbwatch.model.media import Artifact, Artifacts
from wandbwatch.model.report import Note, Report, Table

_OWN = ("run_table", "job", "code", "wandb-history", "wandb-run-history")
"""The types of artifacts that the SDK itself logs."""


_COLUMNS = ("name", "version", "aliases", "type", "how", "size", "files", "created")


def report(address: Address, found: Artifacts, types: Sequence[str] = ()) -> Report:
    """Report the artifacts *found* of those *types*."""
    kinds = {one.kind for one in found.found}
    chosen = keys.chosen(types, kinds) if types else kinds - set(_OWN)
    shown = [one for one in found.found if one.kind in chosen]
    blocks = (_table(shown),) if shown else ()
    notes = _notes(found, shown, types, kinds)
    return Report("artifacts", str(address), (*blocks, *notes))


def _table(artifacts: Sequence[Artifact]) -> Table:
    several = len({one.run for one in artifacts}) > 1
    columns = (*_COLUMNS, "run") if several else _COLUMNS
    rows = tuple((*_row(one), *([one.run] if several else ())) for one in artifacts)
    links = tuple(one.url for one in artifacts)
    spare = ("files", "how", "type", "created", "size")
    return Table("artifacts", columns, rows, links, spare=spare)


def _row(one: Artifact) -> tuple[Cell, ...]:
    return (
        one.name,
        one.version or MISSING,
        one.aliases,
        one.kind,
        "used" if one.used else "logged",
        MISSING if one.size is None else Bytes(one.size),
        MISSING if one.files is None else one.files,
        one.created or MISSING,
    )


def absent(types: Sequence[str], kinds: set[str]) -> dict[str, str]:
    """Say which of *types* none of the *kinds* that there are is."""
    there = ", ".join(sorted(kinds)) or "none"
    return {
        wanted: f"no artifact is of type {wanted!r}; there are: {there}"
        for wanted in types
        if not keys.selected(wanted, kinds)
    }


def _notes(
    found: Artifacts,
    shown: Sequence[Artifact],
    types: Sequence[str],
    kinds: set[str],
) -> Iterator[Note]:
    yield from map(Note, absent(types, kinds).values())
    if not shown and not types:
        yield Note("no artifacts here yet")
    own = Counter(one.kind for one in found.found if not types and one.kind in _OWN)
    for kind, count in sorted(own.items()):
        verb = "is" if count == 1 else "are"
        yield Note(
            f"{count} of the SDK's own {verb} left out; --types {kind} lists them"
        )
    if found.left_out:
        yield Note(f"{found.left_out} older versions are left out")
    if found.unknown:
        yield Note(found.unknown)
