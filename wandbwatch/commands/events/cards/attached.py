"""What a card of a run's end has attached: the words of ``--attach``."""

from __future__ import annotations

from dataclasses import dataclass

_WORDS = "summary, delta, config-diff, plot, plot:KEY, log, log:LINES, none"
_LINES = 20


@dataclass(frozen=True)
class CardAttachments:
    """``plot`` is a key, "" for a likely one; None and 0 are for nothing."""

    summary: bool = False
    delta: bool = False
    config_diff: bool = False
    plots: tuple[str, ...] = ()
    log: int = 0
    bad_only: bool = False
    """Whether console, configuration and plot are for a bad end alone."""

    @classmethod
    def read(cls, text: str) -> CardAttachments:
        """Read words parted by commas; ValueError says which there are."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        plots, log = [], 0
        for word in words:
            name, parted, value = word.partition(":")
            if name == "plot" and (value or not parted):
                plots.append(value)
            elif name == "log" and (not parted or _whole(value)):
                log = int(value) if parted else _LINES
            elif word not in ("summary", "delta", "config-diff", "none"):
                raise ValueError(f"{word!r} cannot be attached; use {_WORDS}")
        return cls(
            "summary" in words,
            "delta" in words,
            "config-diff" in words,
            tuple(plots),
            log,
        )


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text) <= 1000  # noqa: PLR2004


DEFAULT = CardAttachments(
    summary=True, delta=True, config_diff=True, plots=("",), log=_LINES, bad_only=True
)
