"""Shell completion of values. It never waits for a server (see `known_names`)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from wandbwatch import options
from wandbwatch.model.address import Address, Local
from wandbwatch.model.errors import ConfigError

_RUNS = ("latest", "previous", "best", "last-good")
_STATES = ("running", "finished", "failed", "crashed", "killed")
LAUNCHERS = ("sbatch", "srun", "ray", "docker", "podman", "kubectl", "systemd-run")
"""The commands of `experiments.launchers`, whose import takes too long for a shell."""
_WORDS: Mapping[str, Sequence[str]] = {
    "level": ("info", "warn", "bad"),
    "launcher": LAUNCHERS,
    "mode": ("post", "edit"),
    "x": ("step", "runtime", "wall"),
    "order": ("created_at", "heartbeat_at", "+created_at"),
    "group_by": ("group", "tag", "job_type", "sweep", "user", "host"),
}
_PLAIN = re.compile(r"[\w.@+/][\w.@+%=:/,-]*")
"""The names that are completed: no shell finds more than a word in them."""
_PROJECT = re.compile(r"\w[\w.-]*/[\w.-]+")
"""ENTITY/PROJECT at the start of an address."""


def values(ctx: Any, param: Any, command: str, incomplete: str) -> list[str]:
    """Return the completions of *incomplete*, a parameter's value so far."""
    if param.name == "filters" and param.metavar == "JSON":
        return _filters(incomplete)
    argument = param.param_type_name == "argument"
    if argument and command in _OF_WATCH_TOML:
        found: Iterable[str] = _named(_OF_WATCH_TOML[command])
    elif argument and command in _OF_EXPERIMENTS:
        found = [*_experiments(), *_addressed(ctx, param, incomplete)]
    elif param.name in _BY_NAME:
        found = _BY_NAME[param.name](ctx, incomplete)
    else:
        found = [*_addressed(ctx, param, incomplete), *_WORDS.get(param.name, ())]
    begun = (one for one in found if one.startswith(incomplete))
    return [one for one in dict.fromkeys(begun) if _PLAIN.fullmatch(one)]


def _addressed(ctx: Any, param: Any, incomplete: str) -> Iterable[str]:
    """Return the completions of what the parameter's parser reads."""
    described = getattr(param, "type_descriptor", None)
    parser = described.parameter_info.parser if described else None
    if complete := _BY_PARSER.get(parser):
        return complete(ctx, incomplete)
    words: Sequence[str] = getattr(parser, "words", ())
    return words


def _keys(ctx: Any, incomplete: str) -> Iterable[str]:
    """Complete the last of several keys that commas separate."""
    names = _names(ctx)
    before, comma, start = incomplete.rpartition(",")
    keys = [*names.get("keys", ()), *_configured(names)]
    if not start.startswith("config"):
        keys = [key for key in keys if not key.startswith("config.")]
    used = before.split(",")
    return [f"{before}{comma}{key}" for key in keys if key not in used]


def _aims(ctx: Any, incomplete: str) -> Iterable[str]:
    before, comma, _ = incomplete.rpartition(",")
    keys = _names(ctx).get("keys", ())
    return [f"{before}{comma}{key}:{way}" for key in keys for way in ("min", "max")]


def _order(ctx: Any, incomplete: str) -> Iterable[str]:
    sign = incomplete[:1] if incomplete[:1] in ("+", "-") else ""
    names = _names(ctx)
    keys = (f"summary_metrics.{key}" for key in names.get("keys", ()))
    return [f"{sign}{key}" for key in (*_WORDS["order"], *keys, *_configured(names))]


def _config_too(ctx: Any, incomplete: str) -> Iterable[str]:
    del incomplete
    return [*_WORDS["group_by"], *_configured(_names(ctx))]


def _configured(names: Mapping[str, list[str]]) -> list[str]:
    return [f"config.{key}" for key in names.get("config", ())]


def _key(ctx: Any, incomplete: str) -> Iterable[str]:
    del incomplete
    return [*_WORDS["x"], *_names(ctx).get("keys", ())]


def _runs_of(ctx: Any, incomplete: str) -> Iterable[str]:
    """Complete the last of several bare ids or names of runs."""
    before, comma, _ = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in _names(ctx).get("runs", ())]


def _other(ctx: Any, incomplete: str) -> Iterable[str]:
    return [*_RUNS[1:], *_runs_of(ctx, incomplete), *_run(ctx, incomplete)]


def _names(ctx: Any) -> Mapping[str, list[str]]:
    """Return the names at the address that the line gave before."""
    given = ctx.params.get("address")
    if not isinstance(given, list):
        given = [given] if given else []
    # An option without its value yet leaves the arguments before it unread.
    addresses = [_read(word) for word in ctx.args[:1]] or given or options.places(None)
    found: dict[str, list[str]] = {}
    for address in addresses:
        for kind, names in _at(address).items():
            found.setdefault(kind, []).extend(names)
    return found or _logged_here()


def _logged_here() -> dict[str, list[str]]:
    """Return the keys of the runs below the current directory: most likely those of a
    project whose names are not known yet."""
    here = _at(Local(Path()))
    return {kind: list(here.get(kind, ())) for kind in ("keys", "config")}


def _project(ctx: Any, incomplete: str) -> Iterable[str]:
    from wandbwatch.cli.grammar import known_names  # noqa: PLC0415 -- not for others

    del ctx
    if incomplete[:1] in (".", "/", "~"):
        return ()
    return known_names.projects().get("projects") or _in_lists()


def _in_lists() -> list[str]:
    """Return the projects that the lists of watch.toml name."""
    try:
        lines = [
            str(line).split()
            for one in _watch_toml().get("subscriptions", ())
            for line in one.get("commands", ())
        ]
    except (AttributeError, TypeError):  # not the file that it should be
        return []
    found = (_PROJECT.match(words[1]) for words in lines if len(words) > 1)
    return list(dict.fromkeys(one[0] for one in found if one))


def _run(ctx: Any, incomplete: str) -> Iterable[str]:
    return _inner(ctx, incomplete, "runs", _RUNS)


def _sweep(ctx: Any, incomplete: str) -> Iterable[str]:
    return [*_project(ctx, incomplete), *_inner(ctx, incomplete, "sweeps", ())]


def _inner(ctx: Any, incomplete: str, kind: str, words: Sequence[str]) -> Iterable[str]:
    """Complete what lies in a project: the project first, then the name after it.

    A shell ends a word that has one completion: a project that has is left open.
    """
    place, slash, start = incomplete.rpartition("/")
    local = incomplete[:1] in (".", "/", "~")
    if local and slash:
        path = Path(place or "/")
        found = _at(Local(path)).get(kind, ())
        names = [*words, *found] if found else []
        inner = _directories(path, start) if names else []
        return [f"{place}/{name}" for name in (*names, *inner)]
    if not local and "/" not in place:
        begun = [p for p in _project(ctx, incomplete) if p.startswith(incomplete)]
        if len(begun) > 1 or not words:
            return [f"{one}/" for one in begun] if words else ()
        place, incomplete = (begun[0], f"{begun[0]}/") if begun else ("", "")
    if not place or local:
        return ()
    found = _at(_read(place)).get(kind, ())
    return [f"{place}/{name}" for name in (*words, *found) if "/" not in name]


def _at(address: Address) -> Mapping[str, list[str]]:
    from wandbwatch.cli.grammar import known_names  # noqa: PLC0415 -- not for others

    return known_names.at(address)


def _read(text: str) -> Address:
    try:
        return options.any_address(text)
    except typer.BadParameter:
        return Address()


def _directories(path: Path, start: str) -> list[str]:
    try:
        with os.scandir(path.expanduser()) as entries:
            inner = [e.name for e in entries if e.is_dir()]
    except (OSError, RuntimeError):
        return []
    return sorted(f"{name}/" for name in inner if start or name[:1] != ".")


def _filters(incomplete: str) -> list[str]:
    """Complete JSON, written so that the shell keeps its quotes."""
    found = (f'{{"state": "{state}"}}' for state in _STATES)
    begun = [one for one in found if one.startswith(incomplete)]
    shell = os.environ.get("_WANDBWATCH_COMPLETE")
    if shell == "complete_zsh":  # Typer doubles quotes there
        return [one.replace('"', '\\"') for one in begun]
    bare = shell == "complete_bash" and not incomplete
    return [f"'{one}'" if bare else one for one in begun]


def _channels(ctx: Any, incomplete: str) -> Iterable[str]:
    del ctx, incomplete
    return _named("channels")


def _named(table: str) -> list[str]:
    """Return the names in a table of watch.toml; none if the file can't be read."""
    found = _watch_toml().get(table, {})
    if isinstance(found, dict):
        return sorted(found)
    return sorted(str(one["name"]) for one in found if "name" in one)


def _watch_toml() -> Mapping[str, Any]:
    import tomli  # noqa: PLC0415 -- not for --help

    from wandbwatch.config.paths import config_file  # noqa: PLC0415 -- not for --help

    try:
        return tomli.loads(config_file(None, os.environ).read_text("utf-8"))
    except (ConfigError, OSError, ValueError):
        return {}


def _experiments() -> list[str]:
    """Return the numbers of the experiments on this machine, newest first."""
    import sqlite3  # noqa: PLC0415 -- not for others
    from contextlib import closing  # noqa: PLC0415

    try:
        database = _state() / "state.db"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            newest = "SELECT id FROM experiment ORDER BY id DESC LIMIT 50"
            return [str(number) for (number,) in opened.execute(newest)]
    except (sqlite3.Error, ConfigError):
        return []


def _state() -> Path:
    """Return the state directory; ConfigError if there is none."""
    from wandbwatch.config import paths  # noqa: PLC0415 -- not for --help
    from wandbwatch.config.load import Settings  # noqa: PLC0415

    try:
        file = paths.config_file(None, os.environ)
    except ConfigError:
        file = Path(paths.NAME)
    named = _watch_toml().get("daemon", {}).get("state")
    settings = Settings(state=file.parent / named) if named else Settings()
    return paths.state_directory(settings, file, os.environ)


_OF_WATCH_TOML = {
    "run": "subscriptions",
    "unsubscribe": "subscriptions",
    "mute": "subscriptions",
    "unmute": "subscriptions",
    "experiment": "experiments",
}
_OF_EXPERIMENTS = ("experiments", "stop", "retry", "wait", "logs")

Complete = Callable[[Any, str], Iterable[str]]
_BY_NAME: Mapping[str, Complete] = {
    "to": _channels,
    "channel": _channels,
    "channels": _channels,
    "other": _other,
    "account": lambda *_: _named("accounts"),
    "runs": _runs_of,
    "group_by": _config_too,
    "x": _key,
    "ignore": _keys,
}
_BY_PARSER: Mapping[Any, Complete] = {
    options.Keys.read: _keys,
    options.Aims.read: _aims,
    options.aim: _aims,
    options.Order.read: _order,
    options.total: _config_too,
    options.project_address: _project,
    options.any_address: _project,
    options.run_address: _run,
    options.sweep_address: _sweep,
}
