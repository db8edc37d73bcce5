"""Pages of HTML that a run logged, as the text that is in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LINES = 12
_LONGEST = 1000
_HIDDEN = {"script", "style", "template", "noscript", "svg"}
_BREAKING = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "title"}


def preview(html: str) -> str:
    """Return the first lines of what a reader of the page would see."""
    reader = _Reader()
    reader.feed(html)
    text = re.sub(r"[ \t\r\f\v]+", " ", "".join(reader.found))
    lines = [line.strip() for line in text.split("\n")]
    shown = [line for line in lines if line]
    cut = "\n".join(shown[:_LINES])[:_LONGEST].rstrip()
    return f"{cut}…" if len(cut) < len("\n".join(shown)) else cut


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self._hidden += tag in _HIDDEN
        if tag in _BREAKING:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        if tag in _BREAKING:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)
