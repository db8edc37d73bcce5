"""Suggest the most likely intended words for an invalid command line."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Collection, Sequence
from typing import Any

import typer

from wandbwatch.cli.grammar.command import OUTPUTS
from wandbwatch.options import Aims, Keys

_SAME = (
    ("--keys", "--columns", "--metrics", "--metric", "--key", "-k"),
    (
        "--topk",
        "--limit",
        "--num",
        "--count",
        "--max",
        "--top",
        "-n",
        "--lines",
        "--tail",
    ),
    ("--since", "--last", "--period", "--from", "--days", "--hours"),
    ("--watch", "--interval", "--every", "--refresh", "--repeat", "--follow", "-f"),
    ("--filters", "--filter", "--where", "--query", "--state", "--status", "--tag"),
    ("--order", "--sort", "--sort-by", "--order-by", "--by"),
    ("--best", "--objective", "--goal", "--metric"),
    ("--when", "--rule", "--if", "--condition"),
    ("--out", "--save", "--dir", "--download", "--output-dir", "-d"),
    ("--output", "--format", "-o"),
    ("--to", "--channel", "--post", "--webhook"),
    ("--group-by", "--group", "--groupby"),
    ("--smooth", "--smoothing", "--ema"),
    ("--runs", "--run", "--ids", "--id"),
    ("--config", "--file", "-c"),
)
"""Options that mean the same, ours among them: a command has one of them at most."""
_ALIKE = 0.75
"""How alike two names are at least, so that one may be a slip of the other."""
COMMANDS = {
    "runs": "`wandbwatch project` lists a project's runs",
    "ls": "`wandbwatch project` lists a project's runs, `wandbwatch projects` projects",
    "list": "`wandbwatch project` lists a project's runs",
    "show": "`wandbwatch summary` shows a run",
    "info": "`wandbwatch summary` shows a run",
    "chart": "`wandbwatch plot` plots keys",
    "log": "`wandbwatch logs` shows a run's console output",
    "tail": "`wandbwatch logs` shows a run's console output",
    "compare": "`wandbwatch diff` compares two runs",
    "watch": "`wandbwatch top` shows the running runs",
    "ps": "`wandbwatch top` shows the running runs",
    "gpu": "`wandbwatch system` shows a run's GPUs",
    "sweeps": "`wandbwatch sweep ENTITY/PROJECT` lists a project's sweeps",
    "subscriptions": "`wandbwatch status` shows the subscriptions",
    "channels": "`wandbwatch hello` tests the channels",
    "train": "`wandbwatch experiment` starts a training",
    "start": "`wandbwatch service` installs the daemon, `wandbwatch daemon` runs it",
    "config": "`wandbwatch check` checks watch.toml",
    "queue": "`wandbwatch outbox` lists the messages that wait",
    "version": "`wandbwatch --version` shows the version",
}
"""What people type for a command of ours."""


def command(words: Sequence[str], known: Collection[str]) -> str:
    """Return a hint for an unknown command, or ""; *known* are ours."""
    name, *rest = words
    if name == "help":
        of = [word for word in rest[:1] if word in known]
        return f"`wandbwatch {' '.join([*of, '--help'])}` shows the help"
    hint = COMMANDS.get(name, "")
    return f"no command {name!r}; {hint}" if hint else ""


def explain(error: typer.TyperException, command: Any, given: Sequence[str]) -> None:
    """Add to *error* a suggestion based on the words *given* to *command*."""
    known = [option for param in command.params for option in param.opts]
    wrong = getattr(error, "option_name", None)
    hint = ""
    if type(error).__name__ == "NoSuchOption" and wrong:
        if command.name == "subscribe":
            hint = f"quote each command line: {_quoted(given)}"
        else:
            hint = _option(wrong, known)
        error.possibilities = None  # type: ignore[attr-defined]
    elif "unexpected extra argument" in getattr(error, "message", ""):
        hint = _commas(command, given) or _apart(given)
    if hint:
        error.message = f"{error.message.rstrip('.')}; {hint}"


def unseparated(command: Any, given: Sequence[str]) -> str:
    """Return a hint where a second key, or kind of event, would be an address."""
    if not any(p.nargs == -1 and p.name == "address" for p in command.params):
        return ""
    hint = _commas(command, given)
    option, _, several = hint.rpartition(": ")[2].partition(" ")
    second = several.rpartition(",")[2]
    if option == "--on":
        return hint
    from wandbwatch.analysis.keys import is_measure  # noqa: PLC0415 -- seldom needed

    bare = not re.search(r"[/.~*?\[]", second)
    meant = bare or is_measure(second.partition("/")[0])
    return hint if hint and given[0][:1] != "-" and meant else ""


def _option(wrong: str, known: Sequence[str]) -> str:
    if wrong.lstrip("-") in OUTPUTS and "--output" in known:
        return f"did you mean --output {wrong.lstrip('-')}?"
    same = [one for group in _SAME if wrong in group for one in group if one in known]
    ours = any(wrong in group for group in _SAME)  # and of another command
    meant = same or ([] if ours else difflib.get_close_matches(wrong, known, 1, _ALIKE))
    if meant:
        return f"did you mean {meant[0]}?"
    common = ("--output", "--debug", "--to", "--dry-run", "--watch", "--help")
    own = [one for one in known if one.startswith("--") and one not in common]
    return f"it has {', '.join(own)}" if own else ""


def _apart(given: Sequence[str]) -> str:
    """Return a run that is written apart from its project as it should be written."""
    first, *rest = given
    if rest and first.count("/") == 1 and re.fullmatch(r"[\w.-]+", rest[0]):
        return f"write {first}/{rest[0]}" if first[0] not in "./~" else ""
    return ""


def _commas(command: Any, given: Sequence[str]) -> str:
    """Return a space-separated list as it should be written: with commas."""
    lists = (Keys.read, Aims.read)
    for param in command.params:
        described = getattr(param, "type_descriptor", None)
        parser = described.parameter_info.parser if described else None
        if parser not in lists and param.name != "on":
            continue
        what = {"on": "kinds", "runs": "runs", "types": "types"}.get(param.name, "keys")
        for at, word in enumerate(given[:-2]):
            several = [w for w in given[at + 1 : at + 3] if not w.startswith("-")]
            if word in param.opts and len(several) > 1:
                return f"separate {what} by commas: {word} {','.join(several)}"
    return ""


def _quoted(given: Sequence[str]) -> str:
    """Return the words that followed a name, quoted as one word."""
    own = (
        "--channel",
        "--cron",
        "--interval",
        "--every",
        "--timezone",
        "--mode",
        "--config",
    )
    line = list(given[1:])
    ends = [line.index(option) for option in own if option in line]
    return shlex.quote(shlex.join(line[: min(ends, default=len(line))]))
