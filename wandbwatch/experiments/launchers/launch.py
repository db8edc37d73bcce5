"""One start through a launcher, and the options in its command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from wandbwatch.model.experiment import Cause


@dataclass(frozen=True)
class Launch:
    launcher: Sequence[str]
    """The words that the user wrote; empty for a script without a launcher."""
    script: str
    argument: str
    name: str
    """A unique job name of letters, digits and ``-``."""
    log: str
    """The path of its output file."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Its variables in addition to ours."""
    ours: Collection[str] = ()
    """The variables of our own environment: only these can be passed on by name."""
    index: int | None = None
    """Its place in a job array, from 0."""
    job: str = ""
    """The engine's own id, once it is known."""

    @property
    def variables(self) -> set[str]:
        """The names to pass on to a job that gets none of our environment."""
        return {*self.env, *(PASSED & set(self.ours))}


class JobState(Enum):
    """An engine's word on a job. No answer at all means: ask again."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    GONE = "gone"
    """The engine has no record of it (any more)."""


@dataclass(frozen=True)
class Answer:
    """An engine's answer about one job; times are POSIX seconds."""

    state: JobState
    code: int | None = None
    """The exit code, negative for a signal; None if the engine does not know it."""
    cause: Cause | None = None
    """What ended it, if it was not the script itself."""
    reason: str = ""
    """The engine's own words: why the job waits, or what ended it."""
    job: str = ""
    """The engine's own id."""
    started: float | None = None
    ended: float | None = None


GONE = Answer(JobState.GONE)

PASSED = frozenset({"WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_MODE"})
"""The variables of ours that such a job needs."""


def has(words: Sequence[str], *options: str) -> bool:
    """Whether *words* contain one of *options*: ``--name x``, ``--name=x``, ``-Jx``."""
    return any(_is(word, option) for word in words for option in options)


def value(words: Sequence[str], *options: str) -> str:
    """Return the value of one of *options* in *words*; empty if there is none."""
    for place, word in enumerate(words):
        for option in options:
            if word == option:
                return words[place + 1] if place + 1 < len(words) else ""
            if _is(word, option):
                return word.removeprefix(option).removeprefix("=")
    return ""


def _is(word: str, option: str) -> bool:
    if option.startswith("--"):
        return word == option or word.startswith(f"{option}=")
    return word.startswith(option)
