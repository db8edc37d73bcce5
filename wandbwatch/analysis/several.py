"""Several projects in one command: their addresses, and what each one has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Generic, TypeGuard, TypeVar, cast

from wandbwatch.analysis.keys import is_glob
from wandbwatch.formatting.text import did_you_mean
from wandbwatch.model.address import Address, Cloud, Several
from wandbwatch.model.cell import Level
from wandbwatch.model.errors import (
    NotFoundError,
    SeveralError,
    WandbwatchError,
)
from wandbwatch.model.memory import Memory, ScopedMemory
from wandbwatch.model.ports import Env
from wandbwatch.model.report import Note, Report
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
        own, expanded = _own_or_entity(env, given[0], work)
        if not expanded:
            return Gathered(given[0], ((given[0], own()),))
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


def _is_name(address: Address) -> TypeGuard[Cloud]:
    """Whether *address* is a name alone: of one's own project, or of an entity."""
    if not isinstance(address, Cloud) or not address.project:
        return False
    return not (address.entity or address.run or address.sweep)


def _own_or_entity(
    env: Env, address: Address, work: Callable[[Address], T]
) -> tuple[Callable[[], T], Sequence[Address]]:
    """Return what *work* returns or raises, and the projects that *address* stands for.

    There are any if it is a name alone, one's own projects have none of that name, and
    an entity has it. Both are asked for at once.
    """
    if not _is_name(address):
        return partial(work, address), ()
    entity = replace(address, entity=address.project, project="*")
    own, expanded = env.together([partial(work, address), partial(_meant, env, entity)])

    def result() -> T:
        if isinstance(own, WandbwatchError):
            raise own
        return cast("T", own)

    if isinstance(own, NotFoundError) and not isinstance(expanded, WandbwatchError):
        return result, cast("Sequence[Address]", expanded)
    return result, ()


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
        if not _is_name(given[0]):
            yield from work(env, given[0])
            return
        own, expanded = _own_or_entity(env, given[0], lambda at: list(work(env, at)))
        if not expanded:
            yield from own()
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
