"""A local run moved into the past, as if it had been killed long ago."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

from tests.runs.synthetic import frame

BLOCK, HEADER = 32768, 7
RECORD: Any = wandb_internal_pb2.Record  # type: ignore[attr-defined]


def age(file: Path, seconds: int) -> None:
    """Make every time in the .wandb *file* so many *seconds* earlier."""
    records = [RECORD.FromString(data) for data in _payloads(file.read_bytes())]
    for record in records:
        _shift(record, seconds)
        record.ClearField("num")  # `frame` numbers them
    file.write_bytes(frame(record.SerializeToString() for record in records))


def _payloads(data: bytes) -> Iterator[bytes]:
    at, whole = HEADER, b""
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + HEADER])
        whole += data[at + HEADER : at + HEADER + size]
        at += HEADER + size
        if kind in (1, 4) and at <= len(data):
            yield whole
            whole = b""


def _shift(record: Any, seconds: int) -> None:
    for moment in (
        record.run.start_time if record.HasField("run") else None,
        record.stats.timestamp if record.HasField("stats") else None,
        record.output_raw.timestamp if record.HasField("output_raw") else None,
    ):
        if moment is not None and moment.seconds:
            moment.seconds -= seconds
    if record.HasField("history"):
        for item in record.history.item:
            if "_timestamp" in (item.key, *item.nested_key):
                item.value_json = json.dumps(json.loads(item.value_json) - seconds)
