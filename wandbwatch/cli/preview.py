"""A dry run: each post as a drawing in a terminal, or as JSON for scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from wandbwatch import formatting
from wandbwatch.model.ports import Screen

_BAR, _FENCE = "▌ ", "```"
_WIDEST = 80
_QUIET, _BOLD = Style(dim=True), Style(bold=True)
_MARKS = re.compile(
    r"\\(?P<escaped>.)|(?P<bold>\*\*)|(?P<code>`)|<t:(?P<time>\d+)(?::(?P<form>\w))?>"
    r"|\[(?P<text>[^\]]+)\]\((?P<url>[^)\s]+)\)"
)
"""The part of Discord's Markdown that we write."""
_LINES = {"-# ": _QUIET, "### ": _BOLD, "## ": _BOLD, "# ": _BOLD, "> ": _QUIET}


def shown(post: Mapping[str, Any], screen: Screen | None) -> str:
    """Return one post: drawn for *screen*, or a line of JSON without one.

    *post* has ``channel``, ``payload`` (as Discord's API takes it) and ``files``.
    """
    if screen is None:
        return json.dumps(post, ensure_ascii=False)
    console = Console(
        width=min(screen.width, _WIDEST),
        color_system="256" if screen.colour else None,
        force_terminal=screen.colour,
        legacy_windows=False,
        highlight=False,
        _environ={},
    )
    with console.capture() as captured:
        console.print(Text(f"#{post['channel']} would get:", _QUIET))
        for part in _parts(post, screen.now or datetime.now(UTC)):
            console.print(part)
    return captured.get().rstrip("\n")


def _parts(post: Mapping[str, Any], now: datetime) -> Iterator[Text | _Embed]:
    payload = post["payload"]
    name = payload.get("username") or "webhook"
    yield Text(f"{formatting.clean(name)}  APP", _BOLD)
    if content := payload.get("content"):
        yield _markdown(content, now)
    for embed in payload.get("embeds", ()):
        yield _Embed(embed, now)
    pictured = {_picture(embed) for embed in payload.get("embeds", ())}
    for file in post.get("files", ()):
        title = file if isinstance(file, str) else file.get("name", "")
        if title not in pictured:
            yield Text(f"[file] {formatting.clean(title)}", _QUIET)


class _Embed:
    """A card: its coloured bar, title, text, fields, picture and footer."""

    def __init__(self, embed: Mapping[str, Any], now: datetime) -> None:
        self.embed = embed
        self.text = Text("\n").join(_embedded(embed, now))

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        colour = self.embed.get("color")
        style = Style(color=f"#{colour:06x}") if colour is not None else _QUIET
        console = Console(width=options.max_width - len(_BAR), _environ={})
        for line in self.text.wrap(console, options.max_width - len(_BAR)):
            yield Segment(_BAR, style)
            yield line


def _embedded(embed: Mapping[str, Any], now: datetime) -> Iterator[Text]:
    if author := embed.get("author", {}).get("name"):
        yield _markdown(author, now)
    if title := embed.get("title"):
        link = Style(link=embed["url"]) if "url" in embed else Style()
        yield Text.assemble(_styled(title, now), style=_BOLD + link)
    if description := embed.get("description"):
        yield _markdown(description, now)
    for field in embed.get("fields", ()):
        yield Text.assemble(_styled(field["name"], now), style=_BOLD)
        yield _markdown(field["value"], now)
    if picture := _picture(embed):
        yield Text(f"[picture] {formatting.clean(picture)}", _QUIET)
    if footer := embed.get("footer", {}).get("text"):
        yield Text(formatting.clean(footer), _QUIET)


def _picture(embed: Mapping[str, Any]) -> str:
    url: str = embed.get("image", {}).get("url", "")
    return url.removeprefix("attachment://")


def _markdown(source: str, now: datetime) -> Text:
    lines, fenced = [], False
    for line in source.split("\n"):
        if line.startswith(_FENCE):
            fenced = not fenced
        elif fenced:
            lines.append(Text(f"  {formatting.clean(line)}"))
        else:
            sign = next((sign for sign in _LINES if line.startswith(sign)), "")
            said = _styled(line.removeprefix(sign), now)
            lines.append(Text.assemble(said, style=_LINES.get(sign, Style())))
    return Text("\n").join(lines)


def _styled(line: str, now: datetime) -> Text:
    """Read bold, code, links, times and escapes in one *line*."""
    text, bold, at = Text(), False, 0
    for mark in _MARKS.finditer(line):
        text.append(formatting.clean(line[at : mark.start()]), _BOLD if bold else None)
        at = mark.end()
        if mark["bold"]:
            bold = not bold
        elif said := _said(mark, now):
            style = Style(link=mark["url"]) if mark["url"] else Style()
            text.append(formatting.clean(said), _BOLD + style if bold else style)
    text.append(formatting.clean(line[at:]), _BOLD if bold else None)
    return text


def _said(mark: re.Match[str], now: datetime) -> str:
    if not mark["time"]:
        return mark["escaped"] or mark["text"] or ""
    at = datetime.fromtimestamp(int(mark["time"]), UTC)
    if mark["form"] == "R":
        return formatting.cell(at, now)
    return f"{at:%Y-%m-%d %H:%M} UTC"
