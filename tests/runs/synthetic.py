"""Write .wandb files byte by byte: long ones, broken ones, those of older SDKs.

An encoder of our own, so that what reads them is not tested against itself.
"""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32 * 1024
START = 1_700_000_000.0
"""When synthetic runs begin, in POSIX seconds; a row a second."""


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes | str | float) -> bytes:
    """Encode one field: a message or text, a varint, or a double."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, float):
        return varint(number << 3 | 1) + struct.pack("<d", content)
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def timestamp(seconds: float) -> bytes:
    whole = int(seconds)
    return field(1, whole) + field(2, int((seconds - whole) * 1e9))


def item(path: tuple[str, ...] | str, value: Any) -> bytes:
    """Encode a value under a nested path, or (a str) under a key as wandb 0.16 did."""
    if isinstance(path, str):
        return field(1, path) + field(16, json.dumps(value))
    return b"".join(field(2, label) for label in path) + field(16, json.dumps(value))


def typed(path: tuple[str, ...], number: int, content: str | float) -> bytes:
    """Encode a value in one of the typed fields, 3 to 8."""
    return b"".join(field(2, label) for label in path) + field(number, content)


def history(items: Iterable[bytes], step: int | None) -> bytes:
    rows = b"".join(field(1, one) for one in items)
    if step is not None:
        rows += field(2, field(1, step) if step else b"")
    return field(2, rows)


def summary(items: Iterable[bytes], removed: Iterable[bytes] = ()) -> bytes:
    updates = b"".join(field(1, one) for one in items)
    return field(3, updates + b"".join(field(2, one) for one in removed))


def run(run_id: str, started: float = START, **texts: str) -> bytes:
    numbers = {"project": 3, "group": 6, "job_type": 7, "name": 8, "tag": 10}
    known = b"".join(field(numbers[k], v) for k, v in texts.items())
    return field(17, field(1, run_id) + known + field(17, timestamp(started)))


def exit_record(code: int) -> bytes:
    return field(18, field(1, code) if code else b"")


def stats(when: float, values: Mapping[str, float]) -> bytes:
    items = (field(1, k) + field(16, json.dumps(v)) for k, v in values.items())
    return field(7, field(2, timestamp(when)) + b"".join(field(3, i) for i in items))


def row(values: Mapping[str, Any], step: int, started: float = START) -> list[bytes]:
    """Encode the three records that each ``log()`` of wandb-core writes."""
    items = [item((key,), value) for key, value in values.items()]
    times = [
        item(("_step",), step),
        item(("_runtime",), float(step)),
        item(("_timestamp",), started + step),
    ]
    runtime = [item(("_wandb", "runtime"), step), item(("_runtime",), step)]
    return [summary(runtime), summary(items + times), history(items + times, step)]


def frame(
    records: Iterable[bytes], *, phase: int = 0, number_last: bool = False
) -> bytes:
    """Number records and lay them out in blocks, counted from byte *phase*.

    wandb-core writes a record's number first, but any order is a valid one.
    """
    out = bytearray(HEADER)
    for number, record in enumerate(records, 1):
        payload = field(1, number) + record
        if number_last:
            payload = record + field(16, field(1, 1)) + field(1, number)
        first = True
        while first or payload:
            room = BLOCK - (len(out) - phase) % BLOCK
            if room < 7:
                out += bytes(room)
                continue
            piece, payload = payload[: room - 7], payload[room - 7 :]
            kind = (1 if first else 4) if not payload else (2 if first else 3)
            body = bytes([kind]) + piece
            out += struct.pack("<IH", zlib.crc32(body), len(piece)) + body
            first = False
    return bytes(out)


def steps(count: int, keys: int = 20, run_id: str = "one") -> Iterator[bytes]:
    """Yield a run's records: *count* steps of *keys* keys, ``train/key_00`` and on,
    a validation value every hundredth, a sample of system metrics every fifteenth."""
    draw = random.Random(run_id)  # noqa: S311 - not a secret
    names = [f"train/key_{k:02}" for k in range(keys)]
    yield run(run_id, name=f"synthetic {run_id}", project="synthetic")
    for step in range(count):
        values = {name: draw.random() for name in names}
        if step % 100 == 0:
            values["val/loss"] = 1 / (step + 1)
        shuffled = list(values.items())
        draw.shuffle(shuffled)
        yield from row(dict(shuffled), step)
        if step % 15 == 0:
            yield stats(START + step, {"cpu": draw.random(), "gpu.0.temp": 60.0})
    yield exit_record(0)


def write(path: Path, records: Iterable[bytes], *, phase: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(frame(records, phase=phase))
    return path


def write_long(path: Path, count: int, keys: int = 20) -> Path:
    """Write a run of *count* steps; its id is what *path* says: ``run-ID.wandb``."""
    return write(path, steps(count, keys, path.stem.removeprefix("run-")))
