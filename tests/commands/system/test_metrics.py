from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from wandbwatch.commands.system import metrics
from wandbwatch.model.run import Series

METRICS = {
    "gpu.10.gpu": 40.0,
    "gpu.2.gpu": 0.0,
    "gpu.2.memoryAllocated": 97.4,
    "gpu.2.memoryAllocatedBytes": 8e10,
    "gpu.process.2.gpu": 1.0,
    "cpu": 12.5,
    "memory_percent": 96.0,
    "disk./.usagePercent": 99.0,
    "network.sent": 100.0,
}


def over(name: str, ys: Sequence[float], step: float = 60) -> Series:
    return Series(name, [i * step for i in range(len(ys))], ys)


def test_gpus_stand_in_the_order_of_their_numbers():
    found = metrics.gpus(METRICS)
    assert [gpu.number for gpu in found] == [2, 10]
    assert found[0].values == {"busy %": 0.0, "memory %": 97.4, "memory GB": 80.0}
    assert metrics.columns(found) == ["busy %", "memory %", "memory GB"]
    assert list(metrics.others(METRICS)) == [
        "cpu",
        "disk./.usagePercent",
        "memory_percent",
        "network.sent",
    ]


def test_what_is_of_a_kind_is_drawn_together():
    drawn = metrics.plotted(METRICS)
    assert drawn["gpu busy (%)"] == ["gpu.2.gpu", "gpu.10.gpu"]
    assert drawn["disk (%)"] == ["disk./.usagePercent"]
    assert "gpu power (W)" not in drawn


def test_idle_and_nearly_full_are_named():
    series = {
        "gpu.0.gpu": over("gpu.0.gpu", [90, 2, 0, 1, 0, 0, 3, 0]),
        "gpu.1.gpu": over("gpu.1.gpu", [0] * 8 + [90]),
        "gpu.1.memoryAllocated": over("x", [1, 97.4, math.nan]),
        "memory_percent": over("memory_percent", [94.9]),
        "disk./.usagePercent": over("disk", [99]),
    }
    assert list(metrics.findings(series)) == [
        "gpu 0 idle for 6m 00s",
        "disk / 99% full",
        "gpu 1 memory 97% full",
    ]


@pytest.mark.parametrize("ys", [[], [math.nan], [0.0], [0.0, 0.0], [0, 90]])
def test_what_was_not_idle_for_long_is_not_named(ys):
    assert metrics.idle_for(over("gpu.0.gpu", ys)) is None
