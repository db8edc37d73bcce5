"""Embeds, and messages that hold them within Discord's limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from wandbwatch.model.delivery import Message, MessageFile
from wandbwatch.renderers.discord import limits, markdown

Payload: TypeAlias = Mapping[str, "str | int | Payload"]


class Naming(Enum):
    """How an embed shows the name of its report."""

    TITLE = "title"
    SMALL = "small"
    """In the author line, above its own title. Discord shows only the first of several
    embeds whose titles have the same URL; the author line may repeat one."""
    NONE = "none"
    """It follows an embed of the same report."""


@dataclass(frozen=True)
class Picture:
    file: MessageFile
    alternative: str


@dataclass(frozen=True)
class Embed:
    """``name`` is not escaped, ``title`` and ``description`` are."""

    name: str
    naming: Naming
    colour: int
    url: str | None = None
    title: str = ""
    description: str = ""
    footer: str = ""
    picture: Picture | None = None
    loose: tuple[Picture, ...] = ()
    """Files beside the embed: no embed can hold them."""
    headline: str = ""
    """What the message says above its embeds, where notifications look for it."""

    @property
    def files(self) -> tuple[Picture, ...]:
        return (*([self.picture] if self.picture else ()), *self.loose)

    @property
    def size(self) -> int:
        """Count what Discord counts towards `limits.EMBEDDED`."""
        named = 0 if self.naming is Naming.NONE else len(markdown.text(self.name))
        return named + len(self.title) + len(self.description) + len(self.footer)

    @property
    def link(self) -> str | None:
        """The page of its report, if Discord takes it in an embed."""
        return self.url if self.url and markdown.for_embed(self.url) else None

    @property
    def payload(self) -> Payload:
        parts: dict[str, str | int | Payload] = {"color": self.colour}
        url = self.link
        link: dict[str, str | int | Payload] = {"url": url} if url else {}
        match self.naming:
            case Naming.TITLE:
                parts |= {"title": markdown.text(self.name), **link}
            case Naming.SMALL:
                parts |= {"author": {"name": self.name, **link}}
            case Naming.NONE:
                pass
        if self.title:
            parts["title"] = self.title
        if self.description:
            parts["description"] = self.description
        if self.footer:
            parts["footer"] = {"text": self.footer}
        if self.picture:
            parts["image"] = {"url": f"attachment://{self.picture.file.name}"}
        return parts


def clipped(name: str, longest: int) -> str:
    """Cut *name* to at most *longest* code points after escaping."""
    if len(markdown.text(name)) <= longest:
        return name
    name = name[:longest]
    while len(markdown.text(f"{name}…")) > longest:
        name = name[:-1]
    return f"{name}…"


SILENT: dict[str, list[str]] = {"parse": []}
"""Pings nobody, whatever the text says."""


def messages(embeds: Iterable[Embed], when: str = "") -> Iterator[Message]:
    """Pack *embeds*; *when* (ISO 8601) stands below each message."""
    together: list[Embed] = []
    for embed in embeds:
        named = _named(embed, together)
        if together and not _fits([*together, named]):
            yield _message(together, when)
            together = []
            named = _named(embed, together)
        together.append(named)
    if together:
        yield _message(together, when)


def _named(embed: Embed, before: Sequence[Embed]) -> Embed:
    """Name the report in the first embed of a message; let no two share a URL."""
    if not before and embed.naming is Naming.NONE:
        return replace(embed, naming=Naming.SMALL)
    taken = {other.url for other in before if other.naming is Naming.TITLE}
    if embed.naming is Naming.TITLE and embed.url and embed.url in taken:
        return replace(embed, naming=Naming.SMALL)
    return embed


def _fits(embeds: Sequence[Embed]) -> bool:
    files = _files(embeds)
    return (
        len(embeds) <= limits.EMBEDS
        and sum(embed.size for embed in embeds) <= limits.EMBEDDED
        and len(files) <= limits.FILES
        and sum(len(file.content) for file in files) <= limits.REQUEST_BYTES
    )


def _files(embeds: Iterable[Embed]) -> tuple[MessageFile, ...]:
    return tuple(each.file for embed in embeds for each in embed.files)


_ROW, _BUTTON, _LINK = 1, 2, 5
"""Types of components, and the style of a button that opens a page."""


def _button(url: str) -> list[object]:
    """Return a button to *url*: a webhook of any kind may post one, not other kinds."""
    if len(url) > limits.BUTTON_URL:
        return []
    button = {"type": _BUTTON, "style": _LINK, "label": "Open in W&B", "url": url}
    return [{"type": _ROW, "components": [button]}]


def _message(embeds: Sequence[Embed], when: str) -> Message:
    pictures = [each for embed in embeds for each in embed.files]
    attachments = [
        {"id": place, "filename": each.file.name, "description": each.alternative}
        for place, each in enumerate(pictures)
    ]
    lines = [
        markdown.text(clipped(embed.headline, limits.HEADLINE))
        for embed in embeds
        if embed.headline
    ]
    *before, last = [dict(embed.payload) for embed in embeds]
    dated = {**last, "timestamp": when} if when else last
    linked = list(dict.fromkeys(url for one in embeds if (url := one.link)))
    body = {
        **({"content": "\n".join(lines)} if lines else {}),
        **({"components": _button(linked[0])} if len(linked) == 1 else {}),
        "embeds": [*before, dated],
        "allowed_mentions": SILENT,
        "attachments": attachments,
    }
    return Message(json.dumps(body, ensure_ascii=False), _files(embeds))
