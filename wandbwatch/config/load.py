"""Read watch.toml as a Config, or raise all complaints together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from wandbwatch.config import secret, values
from wandbwatch.config.lines import Complaints, Lines, read, tree
from wandbwatch.config.sections import (
    Around,
    Settings,
    account,
    channel,
    keep,
    settings,
    subscription,
)
from wandbwatch.config.values import TomlTable, kind_of
from wandbwatch.model.errors import UsageError
from wandbwatch.model.settings import AccountConfig, Channel, Keep, Subscription

if TYPE_CHECKING:  # only a file with experiments needs it
    from wandbwatch.model.experiment import ExperimentConfig

__all__ = ["CheckLine", "Config", "ConfigFile", "Settings", "load", "parse"]

T = TypeVar("T")
CheckLine = Callable[[str, "Mapping[str, ExperimentConfig]"], object]
"""Raises WandbwatchError, in one line, when a command line is wrong beside the
experiments of its file."""


class Config(NamedTuple):
    channels: Mapping[str, Channel]
    subscriptions: tuple[Subscription, ...]
    accounts: Mapping[str, AccountConfig]
    daemon: Settings
    zone: str
    """The name of the time zone of quiet hours, and of subscriptions without one."""
    experiments: Mapping[str, ExperimentConfig] = MappingProxyType({})
    keep: Keep = Keep()
    warnings: tuple[str, ...] = ()
    """What is unwise, in the form of the complaints."""

    def channel(self, name: str, option: str = "") -> Channel:
        """Return a channel; UsageError, which begins with *option*, without it."""
        if name not in self.channels:
            there = ", ".join(self.channels) or "none"
            raise UsageError(f"{option}no channel {name!r}; known: {there}")
        return self.channels[name]


class ConfigFile(NamedTuple):
    """The facts about a file besides its text."""

    name: str = "watch.toml"
    """As it stands before the complaints."""
    base: Path = Path()
    """The directory that its relative paths start from."""
    open_to_others: bool = False
    zone: str = "UTC"
    """What goes for ``timezone`` when it says nothing."""
    reader: secret.Reader | None = None
    """Reads each secret that the file names, to judge it."""


def load(
    path: Path,
    zone: str,
    check: CheckLine | None = None,
    reader: secret.Reader | None = None,
) -> Config:
    """Read the file at *path*; *zone* is this machine's time zone.

    Raises ConfigError with all complaints. *check* checks the command lines;
    *reader*, if given, reads the named secrets, so that their form is checked too.
    """
    text = read(path)
    base = path.parent.absolute()
    file = ConfigFile(str(path), base, text.open_to_others, zone, reader)
    return parse(text.text, file, check)


def parse(text: str, file: ConfigFile, check: CheckLine | None = None) -> Config:
    """Read the *text* of *file*; raises ConfigError with all complaints."""
    found = tree(text, file.name)
    return from_tree(found.values, found.lines, file, check)


def from_tree(
    values_: Mapping[str, Any],
    lines: Lines,
    file: ConfigFile,
    check: CheckLine | None = None,
) -> Config:
    """Read a parsed TOML tree; any other value is a complaint."""
    complaints = Complaints(file.name, values_, lines)
    top = TomlTable((), values_, complaints)
    zone = top.read("timezone", values.zone) or file.zone
    channels = _named(top, "channels", lambda t, name: channel(t, name, file.base))
    accounts = _named(top, "accounts", lambda t, name: account(t, name, file.base))
    daemon = _one(top, "daemon", lambda t: settings(t, file.base))
    kept = _one(top, "keep", keep)
    channels_ = _keys(values_, "channels")
    experiments = _named(
        top,
        "experiments",
        lambda t, name: _experiment(t, name, file.base, channels_),
    )
    around = Around(
        channels_,
        _keys(values_, "accounts"),
        zone,
        check and (lambda line: check(line, experiments)),
    )
    subscriptions = tuple(_subscriptions(top, around))
    top.close()
    config = Config(channels, subscriptions, accounts, daemon, zone, experiments, kept)
    named = secret.named(channels, accounts, daemon)
    secret.judge(named, complaints, file.reader, is_open=file.open_to_others)
    if not subscriptions and not experiments:
        complaints.warn((), "has no [[subscriptions]]: it never posts anything")
    return config._replace(warnings=complaints.warnings())


def _experiment(
    table: TomlTable, name: str, base: Path, channels: Collection[str]
) -> ExperimentConfig | None:
    from wandbwatch.config.experiments import experiment  # noqa: PLC0415 -- slow

    return experiment(table, name, base, channels)


def _one(top: TomlTable, name: str, reader: Callable[[TomlTable], T]) -> T:
    given = top.value(name)
    table = TomlTable((name,), {} if given is None else given, top.complaints)
    found = reader(table)
    table.close()
    return found


def _keys(values_: Mapping[str, Any], key: str) -> list[str]:
    """List the names of all tables, even invalid ones: naming one is no mistake."""
    tables = values_.get(key)
    return list(tables) if isinstance(tables, dict) else []


def _named(
    top: TomlTable, kind: str, reader: Callable[[TomlTable, str], T | None]
) -> dict[str, T]:
    found: dict[str, T] = {}
    tables = top.value(kind)
    if not isinstance(tables, dict):
        if tables is not None:
            top.complain(kind, f"must be [{kind}.NAME], not {kind_of(tables)}")
        return found
    for name, table in tables.items():
        one = TomlTable((kind, name), table, top.complaints)
        try:
            values.name(name)
        except ValueError as e:
            one.complain(None, str(e))
        read_one = reader(one, name)
        one.close()
        if read_one is not None:
            found[name] = read_one
    return found


def _subscriptions(top: TomlTable, around: Around) -> Iterator[Subscription]:
    tables = top.value("subscriptions")
    if isinstance(tables, dict):
        top.complain("subscriptions", "must be [[subscriptions]], in double brackets")
        return
    known: dict[str, int] = {}
    for index, values_ in enumerate(top.of(list, "subscriptions") or []):
        table = TomlTable(("subscriptions", index), values_, top.complaints)
        found = subscription(table, around)
        table.close()
        if found is None:
            continue
        if found.name in known:
            first = known[found.name]
            table.complain("name", f"is already the name of subscriptions[{first}]")
        known.setdefault(found.name, index)
        yield found
