"""A message as its readers see it: what Discord makes of our JSON, roughly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from wandbwatch.model.delivery import Message

from tests.servers.discord import embeds, limits
from tests.servers.discord.body import Upload

_FENCED = re.compile(r"^```\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
_LIVE = re.compile(
    r"""
    (?P<link>\[(?P<label>(?:\\.|[^\[\]\\])*)\]\((?P<url>https?://[^\s()<>]+)\))
    | (?P<time><t:-?\d+:R>)
    | (?P<bold>\*\*)
    | (?P<small>^-\#\ )
    """,
    re.VERBOSE | re.MULTILINE,
)
_COUNTED = re.compile(r" \(continued \d+/\d+\)$")
_CONTINUED = re.compile(r"\A\*\*.*\*\* \(continued\)\n")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_FORMATS = re.compile(
    r"[*_~|`\[\]\\]|<(?=\S)|\w+://|:\w+:|@(everyone|here|[!&]?\d)"
    r"|^\s*(-\#?\s|\#{1,3}\s|\d+\.\s|>)",
    re.MULTILINE,
)


PLAYED = (".mp4", ".wav", ".csv")
"""What no embed can have."""


def complaints(message: Message) -> list[str]:
    """Say what is wrong with *message*; a body over a limit raises what Discord says.

    Limits as the tests' own server has them, and what it warns about.
    """
    body = json.loads(message.body)
    limits.check(body, limits.POST)
    found: list[str] = []
    uploads = [Upload(str(i), f.name, f.content) for i, f in enumerate(message.files)]
    attached = embeds.attach(body.get("attachments"), uploads, (), "1", found)
    looks = embeds.look(body.get("embeds", ()), [r for r, _ in attached.new], found)
    unseen = [r["filename"] for r, _ in attached.new if r["id"] not in looks.embedded]
    if not all(name.endswith(PLAYED) for name in unseen):
        found.append(f"pictures in no embed: {unseen}")
    if any(len(file.content) > 10 << 20 for file in message.files):
        found.append("a file over 10 MiB")
    request = len(message.body.encode()) + sum(len(f.content) for f in message.files)
    if request > 25 << 20:
        found.append("a request over 25 MiB")
    if not isinstance(body.get("allowed_mentions"), dict):
        found.append("nothing is said about mentions")
    return found


def told(messages: Iterable[Message]) -> str:
    """Join all that can be read in *messages*, as it is shown, in order.

    What only says again whose it is (``… (continued 2/3)``) is left out.
    """
    said: set[str] = set()
    bodies = [json.loads(message.body) for message in messages]
    return "\n".join(text for body in bodies for text in _texts(body, said))


def live(markdown: str) -> list[str]:
    """List what of *markdown* Discord reads as more than text."""
    return [m.group() for m in _FORMATS.finditer(_ESCAPED.sub("\ue000", markdown))]


def _texts(body: dict[str, Any], said: set[str]) -> Iterator[str]:
    yield _shown(body.get("content", ""))
    for embed in body.get("embeds", ()):
        named = embed.get("author", {}).get("name", "")
        yield "" if named in said or _COUNTED.search(named) else named
        said.add(named)
        yield _shown(embed.get("title", ""))
        yield _shown(_CONTINUED.sub("", embed.get("description", "")))
        yield embed.get("footer", {}).get("text", "")


def _shown(markdown: str) -> str:
    parts = _FENCED.split(markdown)
    for i in range(0, len(parts), 2):
        parts[i] = _ESCAPED.sub(r"\1", _LIVE.sub(_alive, parts[i]))
    return "".join(parts).replace("\u200b", "")


def _alive(found: re.Match[str]) -> str:
    return found["label"] or found["time"] or ""
