"""Embeds into messages: as few as the limits and the order allow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from wandbwatch.model.message import Message, MessageFile
from wandbwatch.renderers.discord import limits
from wandbwatch.renderers.discord.embed import Embed, Naming

SILENT: dict[str, list[str]] = {"parse": []}
"""Nobody is pinged, whatever the text says."""


def messages(embeds: Iterable[Embed]) -> Iterator[Message]:
    together: list[Embed] = []
    for embed in embeds:
        named = _named(embed, together)
        if together and not _fits([*together, named]):
            yield _message(together)
            together = []
            named = _named(embed, together)
        together.append(named)
    if together:
        yield _message(together)


def _named(embed: Embed, before: Sequence[Embed]) -> Embed:
    """Let the first embed of a message say whose it is, and no two share a URL."""
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


def _message(embeds: Sequence[Embed]) -> Message:
    pictures = [each for embed in embeds for each in embed.files]
    attachments = [
        {"id": place, "filename": each.file.name, "description": each.alternative}
        for place, each in enumerate(pictures)
    ]
    body = {
        "embeds": [embed.payload for embed in embeds],
        "allowed_mentions": SILENT,
        "attachments": attachments,
    }
    return Message(json.dumps(body, ensure_ascii=False), _files(embeds))
