"""Several projects in one command: their addresses, and what each one has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Generic, TypeVar

from wandbwatch.analysis.keys import is_glob
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.address import Address, Cloud, Several
from wandbwatch.model.errors import (
    NotFoundError,
    SeveralError,
    WandbwatchError,
)
from wandbwatch.model.memory import Memory, ScopedMemory
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Level, Note, Report
from wandbwatch.model.run import Run

T = TypeVar("T")
_FAILURES = "failures"
"""The key that failures are stored under."""


@dataclass(frozen=True)
class Gathered(Generic[T]):
    """What was found at each address, and why the others failed."""

    address: Address
    found: tuple[tuple[Address, T], ...]
    failed: tuple[tuple[Address, WandbwatchError], ...] = ()

    @property
    def several(self) -> bool:
        return isinstance(self.address, Several)

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(Note(line) for line in map(_line, self.failed))


def _line(failed: tuple[Address, WandbwatchError]) -> str:
    address, error = failed
    said = str(error)
    if isinstance(error, NotFoundError) and said.startswith(f"{address} "):
        return said
    return f"{address}: {said.removeprefix(f'{address}: ')}"


def gathered(
    env: Env, given: Sequence[Address], work: Callable[[Address], T]
) -> Gathered[T]:
    """Do *work* at each address that *given* ones stand for, and keep what fails.

    A glob, as ``acme/*``, stands for projects of an entity; so does a name alone that
    is no project of one's own. Raises what a single address raises, and SeveralError
    where all fail.
    """
    if not many(given):
        try:
            return Gathered(given[0], ((given[0], work(given[0])),))
        except NotFoundError:
            expanded = _entity(env, given[0])
            if not expanded:
                raise
    else:
        expanded = [one for address in given for one in _meant(env, address)]
    return _all(env, given, list(dict.fromkeys(expanded)), work)


def many(given: Sequence[Address]) -> bool:
    """Return whether *given* addresses stand for more than one project, as far as they
    say so."""
    return len(given) > 1 or _is_glob(given[0])


def _all(
    env: Env,
    given: Sequence[Address],
    addresses: Sequence[Address],
    work: Callable[[Address], T],
) -> Gathered[T]:
    results = env.together([partial(work, address) for address in addresses])
    found, failed = [], []
    for address, result in zip(addresses, results, strict=True):
        if isinstance(result, WandbwatchError):
            failed.append((address, result))
        else:
            found.append((address, result))
    if failed and not found:
        raise SeveralError(list(map(_line, failed)), failed[0][1])
    return Gathered(Several(tuple(given)), tuple(found), tuple(failed))  # type: ignore[arg-type]


def _is_glob(address: Address) -> bool:
    return isinstance(address, Cloud) and is_glob(address.project or "")


def _meant(env: Env, address: Address) -> Sequence[Address]:
    """Return the projects that *address* stands for, or itself."""
    if not (isinstance(address, Cloud) and _is_glob(address)):
        return [address]
    found = env.account().projects(address.entity or "", address.server, learn=True)
    project = address.project or ""
    matching = [
        Cloud(one.entity, one.name, server=address.server)
        for one in found
        if one.runs != 0 and fnmatchcase(one.name, project)
    ]
    if not matching:
        hint = did_you_mean(project.strip("*"), [one.name for one in found]) or ";"
        raise NotFoundError(
            f"{address}: no project with runs{hint} `wandbwatch projects"
            f"{f' {address.entity}' if address.entity else ''}` lists what you can see"
        )
    return matching


def _entity(env: Env, address: Address) -> Sequence[Address]:
    """Return the projects of the entity that PROJECT is when there is no such one."""
    alone = isinstance(address, Cloud) and not (
        address.entity or address.run or address.sweep
    )
    if not (alone and isinstance(address, Cloud) and address.project):
        return ()
    try:
        return _meant(env, replace(address, entity=address.project, project="*"))
    except WandbwatchError:
        return ()


def located(run: Run, address: Address) -> Run:
    """Return *run* with its address's project, if it names none."""
    return run if run.project else replace(run, project=str(address))


def reported(
    kind: str,
    env: Env,
    memory: Memory,
    given: Sequence[Address],
    work: Callable[[Env, Address], Iterator[Report]],
) -> Iterator[Report]:
    """Report what *work* does at each address, which has a memory of its own.

    An address that fails is reported once, and so is its recovery.
    """
    if not many(given):
        try:
            yield from work(env, given[0])
        except NotFoundError:
            if not _entity(env, given[0]):
                raise
        else:
            return

    def one(address: Address) -> list[Report]:
        scope = str(address)
        scoped = replace(env, memory=ScopedMemory(memory, scope))
        reports = work(scoped, address)
        return [_keyed(report, scope) for report in reports]

    result = gathered(env, given, one)
    for _, reports in result.found:
        yield from reports
    yield from _failures(kind, memory, result)


def _keyed(report: Report, scope: str) -> Report:
    key = report.message_key
    return replace(report, message_key=f"{scope} {key}") if key else report


def _failures(kind: str, memory: Memory, result: Gathered[T]) -> Iterator[Report]:
    before: dict[str, str] = json.loads(memory.recall(_FAILURES) or "{}")
    now = {str(address): _line((address, error)) for address, error in result.failed}
    if now == before:
        return
    memory.remember(_FAILURES, json.dumps(now))
    for address in dict.fromkeys((*before, *now)):
        if (address in before) == (address in now):
            continue
        failed = address in now
        title = now.get(address, f"{address}: readable again")
        level = Level.WARN if failed else Level.INFO
        yield Report(kind, title, level=level, event=True)
