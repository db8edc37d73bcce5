"""One start through a launcher."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Launch:
    launcher: Sequence[str]
    """As the user wrote it; empty where the script is started as it is."""
    script: str
    argument: str
    name: str
    """Of letters, digits and ``-``, nobody else's: what it is called elsewhere."""
    log: str
    """The path of the file that its output goes to."""
    env: Mapping[str, str] = field(default_factory=dict)
    """What it is to have in its environment beside what everybody has."""
    ours: Collection[str] = ()
    """What is set in our own environment; a variable that is not may not be named."""

    @property
    def variables(self) -> set[str]:
        """Name what a script needs where it gets nothing of our environment."""
        return {*self.env, *(PASSED & set(self.ours))}


PASSED = frozenset({"WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_MODE"})
"""What a script needs of our own environment where it gets none of it."""


def has(words: Sequence[str], *options: str) -> bool:
    """Whether one of *options* is given, as ``--name x``, ``--name=x`` or ``-Jx``."""
    return any(_is(word, option) for word in words for option in options)


def value(words: Sequence[str], *options: str) -> str:
    """Return what one of *options* is given; nothing where none is."""
    for at, word in enumerate(words):
        for option in options:
            if word == option:
                return words[at + 1] if at + 1 < len(words) else ""
            if _is(word, option):
                return word.removeprefix(option).removeprefix("=")
    return ""


def _is(word: str, option: str) -> bool:
    if option.startswith("--"):
        return word == option or word.startswith(f"{option}=")
    return word.startswith(option)
