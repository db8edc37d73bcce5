"""How a stored message looks to its readers, and what a good sender would not do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.servers.discord.body import Upload, cleansed
from tests.servers.discord.errors import ApiError, invalid

_PICTURE = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_FILES = 10


@dataclass
class Attached:
    """The files of a message after a request, and those it brought anew."""

    all: list[dict[str, Any]]
    new: list[tuple[dict[str, Any], bytes]]


@dataclass
class Looks:
    """The embeds as answered, and the names of the files that stand in them."""

    embeds: list[dict[str, Any]]
    embedded: set[str] = field(default_factory=set)


def attach(
    listed: Sequence[Mapping[str, Any]] | None,
    uploads: Sequence[Upload],
    kept: Sequence[dict[str, Any]],
    new_id: str,
    warnings: list[str],
) -> Attached:
    """Apply the rules of ``attachments``; *kept* is what an edited message has.

    An edit keeps of that what is listed, or everything when nothing is said.
    """
    slots = {upload.slot for upload in uploads}
    ids = {str(each["id"]) for each in listed or ()}
    for i, wanted in enumerate(listed or ()):
        if str(wanted["id"]) not in slots | {old["id"] for old in kept}:
            words = f'Attachment data could not be found for "{wanted["id"]}".'
            raise invalid(("attachments", i, "id"), "ATTACHMENT_NOT_FOUND", words)
    stay = [old for old in kept if old["id"] in ids or (listed is None and not uploads)]
    new = []
    for i, upload in enumerate(uploads):
        if upload.slot not in ids:
            warnings.append(f"file-not-listed-in-attachments:{upload.name}")
        record: dict[str, Any] = {"id": f"{new_id}{i}", "filename": upload.name}
        record["size"] = len(upload.content)
        record["path"] = f"files/{record['id']}_{upload.name}"
        record["content_type"] = "image/png" if _is_png(upload) else "text/plain"
        new.append((record, upload.content))
    everything = [*stay, *(record for record, _ in new)]
    if len(everything) > _FILES:
        words = f"Maximum number of attachments in a message reached ({_FILES})"
        raise ApiError(400, 30015, words)
    return Attached(everything, new)


def look(
    embeds: Sequence[Mapping[str, Any]],
    files: Sequence[Mapping[str, Any]],
    warnings: list[str],
) -> Looks:
    """Answer *embeds* as a reader would get them; say what readers would miss."""
    looks = Looks([])
    seen: set[str] = set()
    for i, embed in enumerate(embeds):
        _fields_and_time(i, embed, warnings)
        shown = {"type": "rich"} | {k: v for k, v in embed.items() if v}
        for key in ("image", "thumbnail"):
            if key in shown and not _resolve(shown, key, files, looks):
                del shown[key]
                warnings.append(f"attachment-reference-unresolved:embeds.{i}.{key}")
        link = embed.get("url")
        if link and link in seen:
            warnings.append(f"embed-hidden-same-url:{i}")
        seen.add(link or "")
        looks.embeds.append(shown)
    return looks


def pings(content: str, allowed: Mapping[str, Any] | None) -> list[str]:
    """Who is notified. A webhook that says nothing about it pings users."""
    allowed = {"parse": ["users"]} if allowed is None else allowed
    parse = allowed.get("parse") or ()
    text = re.sub(r"```.*?```|`[^`]*`", "", content, flags=re.DOTALL)
    found = []
    if "everyone" in parse:
        found += re.findall(r"@everyone|@here", text)
    for kind, mark in (("users", r"<@!?(\d+)>"), ("roles", r"<@&(\d+)>")):
        wanted = {str(each) for each in allowed.get(kind) or ()}
        ids = re.findall(mark, text)
        found += [f"{kind}:{id_}" for id_ in ids if kind in parse or id_ in wanted]
    return found


def _fields_and_time(i: int, embed: Mapping[str, Any], warnings: list[str]) -> None:
    for j, one in enumerate(embed.get("fields") or ()):
        warnings += [
            f"empty-field-{key}:{i}.{j}"
            for key in ("name", "value")
            if not one[key].strip()
        ]
    moment = embed.get("timestamp")
    if moment and datetime.fromisoformat(moment).tzinfo is None:
        warnings.append(f"naive-timestamp:{i}")


def _resolve(
    shown: dict[str, Any], key: str, files: Sequence[Mapping[str, Any]], looks: Looks
) -> bool:
    url = shown[key]["url"]
    if not url.startswith("attachment://"):
        return True
    name = cleansed(url.removeprefix("attachment://"))
    for file in files:
        if file["filename"] == name and name.lower().endswith(_PICTURE):
            link = f"https://cdn.discordapp.com/attachments/{file['id']}/{name}"
            shown[key] = {**shown[key], "url": link, "proxy_url": link}
            looks.embedded.add(file["id"])
            return True
    return False


def _is_png(upload: Upload) -> bool:
    return upload.content.startswith(b"\x89PNG\r\n\x1a\n")
