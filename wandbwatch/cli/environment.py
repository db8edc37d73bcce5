"""Values of our environment variables that mean nothing: we say that we ignore them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wandbwatch.formatting.text import did_you_mean

_SWITCH = ("off", "0", "no", "false", "on", "1", "yes", "true")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "WANDBWATCH_CACHE": _SWITCH,
    "WANDBWATCH_PICTURES": ("kitty", "iterm2", "sixel", "none"),
}
_SECONDS = "WANDBWATCH_TIMEOUT"


def complaints(environ: Mapping[str, str]) -> Iterator[str]:
    """Say which values are ignored, and which ones there are."""
    for name, words in _WORDS.items():
        value = environ.get(name, "")
        known = value.lower() if words is _SWITCH else value
        if value and known not in words:
            hint = did_you_mean(value, words) or f"; it takes {', '.join(words)}"
            yield f"{name}={value[:40]!r} is ignored{hint}"
    if (value := environ.get(_SECONDS, "")) and not _is_seconds(value):
        yield f"{_SECONDS}={value[:40]!r} is ignored; it takes seconds, such as 120"


def _is_seconds(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False
