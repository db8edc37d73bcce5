"""One start through a launcher, and the options in its command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


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

    @property
    def variables(self) -> set[str]:
        """The names to pass on to a job that gets none of our environment."""
        return {*self.env, *(PASSED & set(self.ours))}


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
