"""Download a file in chunks, with a time limit; only its server gets the API key.

The wandb package's ``File.download`` has no time limit, follows symlinks and writes to
a file name that the server chooses.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from wandbwatch.model.errors import NetworkError, NotFoundError, TimeOutError
from wandbwatch.model.media import Content
from wandbwatch.sources.cloud.deadline import within
from wandbwatch.sources.cloud.wandb_core import bound

_PIECE = 1 << 18
_SLOWEST = 1 << 17
"""Bytes a second: what comes slower is given up after a while."""
_MOST = 1 << 30
"""The size limit in bytes of a file whose size the server does not say."""


def content(direct: str, url: str, api: Any, server: str, size: int | None) -> Content:
    """Return a function that downloads from *direct*, a signed URL, or from *url*."""
    wanted = urljoin(f"{server}/", direct or url)

    def fetch() -> Iterator[bytes]:
        import requests  # noqa: PLC0415 (it takes long to import)

        give_up = time.monotonic() + bound() + (size or 0) / _SLOWEST
        left = _MOST if size is None else size
        pieces = _pieces(wanted, api, server)
        try:
            while piece := _within(give_up, pieces):
                if (left := left - len(piece)) < 0:
                    raise NetworkError(f"{server} sent more data than the file has")
                yield piece
        except (TimeoutError, requests.Timeout) as e:
            what = f"a file of {server} did not come in time; try again"
            raise TimeOutError(what) from e
        except requests.RequestException as e:
            # its message may contain the signed URL
            what = f"a file of {server} can't be fetched: {type(e).__name__}; try again"
            raise NetworkError(what) from None

    return fetch


def _pieces(wanted: str, api: Any, server: str) -> Iterator[bytes]:
    import requests  # noqa: PLC0415 (it takes long to import)

    ours = urlsplit(wanted)[:2] == urlsplit(server)[:2]
    with requests.get(
        wanted,
        auth=("api", api.api_key) if ours and api.api_key else None,
        headers={"Accept-Encoding": "identity"},
        stream=True,
        timeout=min(20, bound()),
    ) as answer:
        _check(answer.status_code, server)
        yield from answer.iter_content(_PIECE)


def _within(give_up: float, pieces: Iterator[bytes]) -> bytes:
    """Return the next chunk, empty at the end; a slow drip evades socket time-outs."""
    left = max(0.001, give_up - time.monotonic())
    return within(left, lambda: next(pieces, b""), lambda: None)


def _check(status: int, server: str) -> None:
    if status == 404:  # noqa: PLR2004
        raise NotFoundError(f"{server} has lost this file, or it is not uploaded yet")
    if status != 200:  # noqa: PLR2004
        raise NetworkError(f"{server} does not give this file: HTTP {status}")
