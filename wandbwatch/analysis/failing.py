"""Why runs failed: the error they printed last, or how they ended. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wandbwatch import formatting
from wandbwatch.formatting.text import cut_end
from wandbwatch.model.run import Run, State
from wandbwatch.model.run_details import Printed

LINES = 40
"""How many of the last console lines are searched for an error."""
_LONGEST = 300
_SHORT = 90
_ERROR = re.compile(
    r"(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Interrupt|Exit|Failure|Timeout))"
    r"(?:: *(.*))?"
)
_SIGNAL = re.compile(
    r"(?:Killed|Segmentation fault|Terminated|Aborted|Fatal Python error: \w+)\b.*"
)
_WORDS = re.compile(
    r"\b(?:error|fatal|fail(?:ed|ure)?|out of memory|oom|cancelled|time limit"
    r"|abort(?:ed)?|no space left|not found|no such file|denied|refused"
    r"|panic|killed|due to|timed out|operation timeout|stopping training"
    r"|(?:is|are|became) (?:nan|inf))\b",
    re.IGNORECASE,
)
_PROGRESS = re.compile(r"\d%|\bit/s\b|s/it\b|[━█▏▎▍▌▋▊▉]|^wandb: ")
_MEMORY = re.compile(
    r"out of memory|OutOfMemory|oom[-_ ]?kill|Cannot allocate memory|bad_alloc",
    re.IGNORECASE,
)
_NODE = re.compile(
    r"node fail|NODE_FAIL|NCCL.*(?:timeout|error)|preempt|slurmstepd: error|SIGTERM",
    re.IGNORECASE,
)
_FRAME = re.compile(r"(.*?)File \"[^\"]*\", line \d+")
_BY = re.compile(
    r"(?:\[(?:rank|default)\d+\]: ?|\[\d+,\d+\]<std\w+>: ?"
    r"|\(\w[^()]{0,80} pid=[^()]{0,80}\) "
    r"|\[?[EWIF](?:\d{4} [\d:.]+)? (?:\d+ )?[\w./-]+:\d+\] |\d+: (?=\S*[A-Z])"
    r"|\[(?:PG [^\]]{0,80})?Rank \d+\] )+"
)
"""The process that printed a line, as torchrun, MPI, Ray, glog, srun, NCCL say it."""
_OF_TORCHRUN = re.compile(
    r"exitcode|FAILED$|[Ff]irst observed failure|closing signal|Sending process"
)
"""Words of torchrun about the processes that it started."""
_CONSEQUENCES = {
    "ChildFailedError",
    "CalledProcessError",
    "ProcessRaisedException",
    "ProcessExitedException",
    "SystemExit",
    "DistBackendError",
    "ConnectionResetError",
    "BrokenPipeError",
}
"""Exceptions of the processes around one that failed first."""
_NUMBERS = re.compile(r"\d+(?:[.,:]\d+)*|\b0x[0-9a-f]+")
_GENERIC = {"RuntimeError", "OutOfMemoryError", "Exception", "Error"}
"""Exception names that say less than their message."""
_CODES = {
    130: "interrupted",
    134: "SIGABRT",
    137: "SIGKILL, often out of memory",
    139: "segmentation fault",
    143: "SIGTERM",
}


@dataclass(frozen=True)
class Failure:
    """Runs that failed for one reason."""

    reason: str
    runs: tuple[Run, ...]


def failures(
    runs: Sequence[Run], consoles: Mapping[str, Sequence[Printed]]
) -> tuple[Failure, ...]:
    """Group *runs* by their reasons, the most common first.

    Reasons that differ in numbers only, such as sizes of memory, are one.
    """
    found: dict[str, tuple[str, list[Run]]] = {}
    for run in runs:
        why = reason(run, consoles.get(run.id, ()))
        found.setdefault(_NUMBERS.sub("0", why), (why, []))[1].append(run)
    kinds = [Failure(why, tuple(those)) for why, those in found.values()]
    return tuple(sorted(kinds, key=lambda failure: -len(failure.runs)))


def reason(run: Run, console: Iterable[Printed]) -> str:
    """Return why *run* failed: the error it printed last, else how it ended."""
    crashed = "crashed: " if run.state is State.CRASHED else ""
    return error(console) or crashed + ending(run)


def spoken(console: Iterable[Printed]) -> Iterator[Printed]:
    """Leave out the source lines of tracebacks: they name errors that did not occur.

    A source line is two columns deeper than the frame above it, which may have none.
    """
    frame = None
    for line in console:
        if not (frame and line.text.startswith(f"{frame[1]}  ")):
            yield line
        frame = _FRAME.match(line.text)


def error(console: Iterable[Printed]) -> str:
    """Return the last line of *console* with an error; "" if there is none.

    What follows from an error in another process is named only if nothing else is.
    """
    lines = [text for line in spoken(console) if (text := bare(line.text))]
    for found in (_is_first, _has_words, _is_error):
        for line in reversed(lines):
            if found(line):
                return cut_end(formatting.clean(line), _LONGEST)
    return ""


def bare(line: str) -> str:
    """Return *line* without the name of the process that printed it."""
    text = line.strip()
    return text[found.end() :] if (found := _BY.match(text)) else text


def kind(line: str) -> str:
    """Return what *line* blames: "out of memory", "node", "error"; "" for nothing."""
    if _MEMORY.search(line):
        return "out of memory"
    if _NODE.search(line):
        return "node"
    return "error" if _is_error(bare(line)) else ""


def _is_error(line: str) -> bool:
    """Whether *line* is the message of an exception or a signal."""
    return bool(_ERROR.fullmatch(line) or _SIGNAL.fullmatch(line))


def _is_first(line: str) -> bool:
    return _is_error(line) and not follows(line)


def follows(line: str) -> bool:
    """Whether *line* is an exception that another process's error brings about."""
    found = _ERROR.fullmatch(bare(line))
    return bool(found and found[1] in _CONSEQUENCES)


def _has_words(line: str) -> bool:
    if _is_error(line) or _OF_TORCHRUN.search(line):
        return False
    return bool(_WORDS.search(line)) and not _PROGRESS.search(line)


_CANCELLED = re.compile(r"\*\*\* .*CANCELLED .*DUE TO ([A-Z ]+)\b")


def brief(line: str) -> str:
    """Return the first sentence of an error, without a name that says little; of what
    Slurm says about a job that it ended, the reason."""
    if found := _CANCELLED.search(line):
        return found[1]
    if (found := _ERROR.fullmatch(line)) and (said := found[2]):
        line = said if found[1] in _GENERIC else f"{found[1]}: {said}"
    return cut_end(re.split(r"(?<=\w{3})[.;](?: |$)", line, maxsplit=1)[0], _SHORT)


def ending(run: Run) -> str:
    """Return how *run* ended, for one that printed no error."""
    if run.state is State.CRASHED:
        return "no heartbeat"
    if run.state is State.KILLED:
        return "killed"
    if run.exit_code is None:
        return "failed"
    known = _CODES.get(run.exit_code)
    if not known and (broken := _not_a_number(run)):
        known = f"{broken} is NaN"
    return f"exit code {run.exit_code}" + (f" ({known})" if known else "")


def _not_a_number(run: Run) -> str:
    """Return the plainest key of a loss whose last value is NaN; "" for none."""
    keys = (
        key
        for key, value in run.summary.items()
        if "loss" in key.lower() and isinstance(value, float) and math.isnan(value)
    )
    return min(keys, key=lambda key: (len(key), key), default="")
