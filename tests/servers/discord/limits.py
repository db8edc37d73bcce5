"""Every limit of a message's body, as tables of small checks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from tests.servers.discord.errors import Form, invalid

Path: TypeAlias = tuple[str | int, ...]
Check: TypeAlias = Callable[[Any, Path, Form], None]

EMBEDDED = 6000
"""Code points in all embeds of one message together."""


def text(longest: int, shortest: int = 0, *, trimmed: bool = True) -> Check:
    def check(value: Any, path: Path, form: Form) -> None:
        if not isinstance(value, str):
            form.complain(path, "STRING_TYPE_CONVERT", "Could not interpret as string.")
            return
        size = len(value.strip() if trimmed else value)
        if shortest and not shortest <= size <= longest:
            words = f"Must be between {shortest} and {longest} in length."
            form.complain(path, "BASE_TYPE_BAD_LENGTH", words)
        elif size > longest:
            words = f"Must be {longest} or fewer in length."
            form.complain(path, "BASE_TYPE_MAX_LENGTH", words)

    return check


def integer(most: int) -> Check:
    def check(value: Any, path: Path, form: Form) -> None:
        whole = isinstance(value, int) or (
            isinstance(value, float) and math.isfinite(value) and value.is_integer()
        )
        if isinstance(value, bool) or not whole:
            form.complain(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < 0:
            words = "int value should be greater than or equal to 0."
            form.complain(path, "NUMBER_TYPE_MIN", words)
        elif value > most:
            words = f"int value should be less than or equal to {most}."
            form.complain(path, "NUMBER_TYPE_MAX", words)

    return check


def choice(*known: str) -> Check:
    def check(value: Any, path: Path, form: Form) -> None:
        if value not in known:
            words = f"Value must be one of {known}."
            form.complain(path, "BASE_TYPE_CHOICES", words)

    return check


def boolean(value: Any, path: Path, form: Form) -> None:
    if not isinstance(value, bool):
        form.complain(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def snowflake(value: Any, path: Path, form: Form) -> None:
    if isinstance(value, bool) or not re.fullmatch(r"0|[1-9]\d{0,19}", str(value)):
        words = f'Value "{value}" is not snowflake.'
        form.complain(path, "NUMBER_TYPE_COERCE", words)


def moment(value: Any, path: Path, form: Form) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        words = f"Could not parse {value}. Should be ISO8601."
        form.complain(path, "DATE_TIME_TYPE_PARSE", words)


def url(*schemes: str) -> Check:
    def check(value: Any, path: Path, form: Form) -> None:
        scheme, colon, rest = str(value).partition(":")
        if not colon or scheme not in schemes:
            words = f'Scheme "{scheme if colon else ""}" is not supported.'
            form.complain(path, "URL_TYPE_INVALID_SCHEME", words)
        elif not re.fullmatch(r"//[^\s/?#]\S*", rest):
            form.complain(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        text(2048)(value, path, form)

    return check


def many(check: Check, most: int) -> Check:
    def checks(value: Any, path: Path, form: Form) -> None:
        if not isinstance(value, list):
            words = "Only iterables may be used in a ListType"
            form.complain(path, "LIST_TYPE_CONVERT", words)
            return
        if len(value) > most:
            words = f"Must be {most} or fewer in length."
            form.complain(path, "BASE_TYPE_MAX_LENGTH", words)
        for i, item in enumerate(value):
            check(item, (*path, i), form)

    return checks


def shape(keys: Mapping[str, Check], *required: str) -> Check:
    def check(value: Any, path: Path, form: Form) -> None:
        if not isinstance(value, dict):
            words = "Only dictionaries may be used in a ModelType"
            form.complain(path, "MODEL_TYPE_CONVERT", words)
            return
        for key in required:
            if value.get(key) is None:
                words = "This field is required"
                form.complain((*path, key), "BASE_TYPE_REQUIRED", words)
        for key, part in keys.items():
            if value.get(key) is not None:
                part(value[key], (*path, key), form)

    return check


def visible(value: Any, path: Path, form: Form) -> None:
    """An embed has something in it."""
    if not isinstance(value, dict):
        return
    shown = [value.get(key) for key in ("title", "description", "fields")]
    for key, part in _SHOWN:
        inner = value.get(key)
        shown.append(inner.get(part) if isinstance(inner, dict) else None)
    if not any(shown):
        words = "This field is required"
        form.complain((*path, "description"), "BASE_TYPE_REQUIRED", words)


def both(*checks: Check) -> Check:
    def check(value: Any, path: Path, form: Form) -> None:
        for each in checks:
            each(value, path, form)

    return check


def name(value: Any, path: Path, form: Form) -> None:
    low = str(value).strip().lower()
    for bad in ("clyde", "discord"):
        if bad in low:
            words = f'Username cannot contain "{bad}"'
            form.complain(path, "USERNAME_INVALID_CONTAINS", words)
    if low in {"everyone", "here"}:
        form.complain(path, "USERNAME_INVALID", f'Username cannot be "{low}"')


def _anything(*_: Any) -> None:
    """Components and polls: nothing of ours."""


_SHOWN = (
    ("image", "url"),
    ("thumbnail", "url"),
    ("footer", "text"),
    ("author", "name"),
)
_LINK = url("http", "https")
_PICTURE = url("http", "https", "attachment")
_MEDIA = shape({"url": _PICTURE}, "url")
_EMBED = shape(
    {
        "title": text(256),
        "description": text(4096),
        "url": _LINK,
        "timestamp": moment,
        "color": integer(0xFFFFFF),
        "footer": shape({"text": text(2048), "icon_url": _PICTURE}, "text"),
        "author": shape(
            {"name": text(256), "url": _LINK, "icon_url": _PICTURE}, "name"
        ),
        "image": _MEDIA,
        "thumbnail": _MEDIA,
        "fields": many(
            shape(
                {"name": text(256), "value": text(1024), "inline": boolean},
                "name",
                "value",
            ),
            25,
        ),
    }
)
_MENTIONS = shape(
    {
        "parse": many(choice("users", "roles", "everyone"), 3),
        "users": many(snowflake, 100),
        "roles": many(snowflake, 100),
        "replied_user": boolean,
    }
)
EDIT: Mapping[str, Check] = {
    "content": text(2000, trimmed=False),
    "embeds": many(both(_EMBED, visible), 10),
    "allowed_mentions": _MENTIONS,
    "components": _anything,
    "attachments": many(
        shape(
            {"id": snowflake, "filename": text(1024), "description": text(1024)}, "id"
        ),
        10,
    ),
    "flags": integer(2**31),
    "poll": _anything,
}
POST: Mapping[str, Check] = {
    **EDIT,
    "username": both(text(80, 1), name),
    "avatar_url": _LINK,
    "tts": boolean,
    "thread_name": text(100, 1),
    "applied_tags": many(snowflake, 5),
}


def check(payload: Any, keys: Mapping[str, Check]) -> None:
    """Raise ApiError with every complaint about *payload*."""
    form = Form()
    shape(keys)(payload, (), form)
    form.settle()
    if embedded(payload.get("embeds") or ()) > EMBEDDED:
        words = f"Embed size exceeds maximum size of {EMBEDDED}"
        raise invalid(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words)
    mentions = payload.get("allowed_mentions") or {}
    for kind in ("users", "roles"):
        if mentions.get(kind) and kind in (mentions.get("parse") or ()):
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            place = ("allowed_mentions",)
            raise invalid(place, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)


def embedded(embeds: Sequence[Mapping[str, Any]]) -> int:
    """Count the code points that all embeds of a message share."""
    texts: list[str | None] = []
    for embed in embeds:
        texts += [embed.get("title"), embed.get("description")]
        texts += [(embed.get("footer") or {}).get("text")]
        texts += [(embed.get("author") or {}).get("name")]
        for field in embed.get("fields") or ():
            texts += [field.get("name"), field.get("value")]
    return sum(len(each.strip()) for each in texts if each)
