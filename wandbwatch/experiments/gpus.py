"""The GPUs of this machine: which ones a training may use."""

from __future__ import annotations

import logging
import shutil
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence

log = logging.getLogger(__name__)

_TIMEOUT = 15.0
"""Seconds for nvidia-smi to answer."""
_EVERY = 0.2
"""Seconds between two questions."""


def free(
    wanted: Sequence[int], count: int, taken: Collection[int], busy: Collection[int]
) -> str:
    """Return *count* of the *wanted* GPUs, as in CUDA_VISIBLE_DEVICES; empty if too few
    are left.

    *taken*: by our trainings; *busy*: with the work of others.
    """
    left = [gpu for gpu in wanted if gpu not in taken and gpu not in busy]
    return ",".join(map(str, left[:count])) if len(left) >= count else ""


class Nvidia:
    """Asks nvidia-smi which GPUs processes compute on."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._asked = float("-inf")
        self._busy: frozenset[int] | None = frozenset()
        self._indices: dict[str, int] = {}
        """The index of each GPU by its UUID."""

    def busy(self) -> Collection[int] | None:
        """Return the busy GPUs; None if nvidia-smi does not answer."""
        now = time.monotonic()
        if now - self._asked >= _EVERY:
            self._busy = self._ask()
            self._asked = time.monotonic()
        return self._busy

    def _ask(self) -> frozenset[int] | None:
        if shutil.which("nvidia-smi", path=self._environ.get("PATH")) is None:
            return frozenset()
        if not self._indices:
            cards = self._query("--query-gpu=index,uuid") or ()
            self._indices = {uuid: int(n) for n, uuid in cards if n.isdecimal()}
        computing = self._query("--query-compute-apps=gpu_uuid,pid")
        if not self._indices or computing is None:
            return None
        found = (self._indices.get(uuid) for uuid, _ in computing)
        return frozenset(index for index in found if index is not None)

    def _query(self, query: str) -> list[tuple[str, str]] | None:
        words = ["nvidia-smi", query, "--format=csv,noheader"]
        try:
            done = subprocess.run(  # noqa: S603 -- no shell
                words,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as e:
            log.warning("nvidia-smi does not answer; starting nothing: %s", e)
            return None
        rows = (line.split(", ") for line in done.stdout.splitlines())
        return [(row[0].strip(), row[1].strip()) for row in rows if len(row) > 1]
