"""The bodies of requests: JSON, or multipart with ``payload_json`` and files."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, NoReturn

from tests.servers.discord.errors import ApiError, invalid, too_large

FILE = 10 << 20
REQUEST = 25 << 20


@dataclass(frozen=True)
class Upload:
    """One file of a request: ``slot`` is the n of ``files[n]``, or its part's name."""

    slot: str
    name: str
    content: bytes


def read(body: bytes, kind: str) -> tuple[Any, tuple[Upload, ...]]:
    """Return the payload and the files of *body*, whose Content-Type is *kind*."""
    if len(body) > REQUEST:
        raise too_large()
    plain = kind.partition(";")[0].strip().lower()
    if plain == "application/json":
        return _json(body, None), ()
    if plain != "multipart/form-data":
        words = 'Expected "Content-Type" header to be one of {…}.'
        raise invalid((), "CONTENT_TYPE_INVALID", words)
    return _multipart(body, kind)


def _multipart(body: bytes, kind: str) -> tuple[Any, tuple[Upload, ...]]:
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    whole = BytesParser(policy=HTTP).parsebytes(head + body)
    payload: Any = {}
    uploads: dict[str, Upload] = {}
    for part in whole.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if (file := part.get_filename()) is None:
            if name != "payload_json":
                raise invalid((name,), "MULTIPART_INVALID", "no such part")
            payload = _json(content, name)
        elif name in uploads:
            raise invalid((name,), "MULTIPART_INVALID", "part names must be unique")
        elif len(content) > FILE:
            raise too_large()
        else:
            slot = re.fullmatch(r"files\[(\d+)\]", name)
            uploads[name] = Upload(slot[1] if slot else name, cleansed(file), content)
    return payload, tuple(uploads.values())


def cleansed(name: str) -> str:
    """Return *name* as Discord stores it: about werkzeug's ``secure_filename``."""
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    name = "_".join(re.sub(r"[/\\]", " ", name).split())
    return re.sub(r"[^A-Za-z0-9_.-]", "", name).strip("._") or "unknown"


def _json(body: bytes, part: str | None) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_constant)
    except ValueError:
        if part:
            words = f'Expected "{part}" to be a valid JSON string.'
            raise invalid((part,), "JSON_TYPE_INVALID", words) from None
        words = "The request body contains invalid JSON."
        raise ApiError(400, 50109, words) from None


def _constant(text: str) -> NoReturn:
    """JSON has no NaN."""
    raise ValueError(text)
