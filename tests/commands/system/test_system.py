from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import pytest
from wandbwatch.analysis.machine import of_node
from wandbwatch.cli import grammar
from wandbwatch.commands.system import report as system
from wandbwatch.commands.system.report import report
from wandbwatch.model.address import Local
from wandbwatch.model.report import Fields, Note, Plot, Table
from wandbwatch.model.run import Run, Series, State
from wandbwatch.sources.local import plugin

from tests.fakes import fake_env

SYSTEM = {"gpu.0.gpu": 0.0, "gpu.1.gpu": 93.0, "gpu.1.temp": 71.0, "cpu": 40.0}
SERIES = {
    name: Series(name, [60.0 * i for i in range(20)], [value] * 20)
    for name, value in SYSTEM.items()
}
RUN = Run("abc", "owl", State.RUNNING, system=SYSTEM)


def test_the_machine_now_and_over_time():
    told = report(RUN, SERIES)
    idle, gpus, rest, busy, cpu = told.blocks
    assert idle == Note("GPU 0 idle for 19m 00s")
    assert isinstance(gpus, Table)
    assert gpus.columns == ("gpu", "busy %", "°C")
    assert gpus.rows[1] == (1, 93.0, 71.0)
    assert gpus.brief
    assert gpus.brief.columns == ("GPU", "busy", "°C")
    assert gpus.brief.rows[1] == (1, "93%", "71")
    assert rest == Fields("machine", (("cpu", 40.0),))
    assert isinstance(busy, Plot)
    assert [line.name for line in busy.lines] == ["gpu 0", "gpu 1"]
    assert [(line.label, line.id) for line in busy.lines] == [
        ("GPU 0", ""),
        ("GPU 1", ""),
    ]
    assert isinstance(cpu, Plot)
    assert told.read == told.blocks


def test_people_see_no_plot_of_one_point():
    one = Series("cpu", [0.0], [40.0])
    told = report(RUN, {"cpu": one})
    assert [b.key for b in told.blocks if isinstance(b, Plot)] == ["cpu (%)"]
    assert not [b for b in told.read if isinstance(b, Plot)]


def test_the_end_alone_is_drawn():
    plots = report(RUN, SERIES, timedelta(minutes=5)).blocks
    (cpu,) = [b for b in plots if isinstance(b, Plot) and b.key == "cpu (%)"]
    assert list(cpu.lines[0].series.x) == [60.0 * i for i in range(14, 20)]


def test_a_run_that_measured_nothing():
    (note,) = report(Run("abc", "owl", State.RUNNING), {}).blocks
    assert note == Note("no system metrics yet")


def test_a_real_run(local_runs):
    (path,) = local_runs.glob("wandb/*-finished")
    env = fake_env(plugin(Local(path)))
    (told,) = grammar.parse(f"system {path}", env).reports
    (fields,) = [b for b in told.blocks if isinstance(b, Fields)]
    names = {name for name, _ in fields.items}
    assert {"cpu", "memory_percent"} <= names
    drawn = {b.key for b in told.blocks if isinstance(b, Plot)}
    assert {"cpu (%)", "memory (%)"} <= drawn


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
    found = system.device_rows(METRICS)
    assert [str(row.device) for row in found] == ["gpu 2", "gpu 10"]
    assert found[0].values == {"busy %": 0.0, "memory %": 97.4, "memory GB": 80.0}
    assert system.metric_columns(found) == ["busy %", "memory %", "memory GB"]
    assert list(system.others(METRICS)) == [
        "cpu",
        "disk./.usagePercent",
        "memory_percent",
        "network.sent",
    ]


def test_what_is_of_a_kind_is_drawn_together():
    drawn = system.plotted(METRICS)
    assert drawn["gpu busy (%)"] == ["gpu.2.gpu", "gpu.10.gpu"]
    assert drawn["disk (%)"] == ["disk./.usagePercent"]
    assert "gpu power (W)" not in drawn


def test_people_know_the_metrics_by_other_names():
    names = (
        "gpu.0.gpu",
        "memory_percent",
        "disk./.usagePercent",
        "network.recv",
    )
    assert [system.called(name) for name in names] == [
        "GPU 0",
        "memory",
        "disk /",
        "received",
    ]
    assert system.called("cpu/l:node-1") == of_node("CPU", "node-1")


def test_the_network_is_shown_by_its_rate():
    total = Series("network.recv", [0, 10, 20, 30], [5e6, 38e6, 38e6, 1e6])
    rate = system.rate(total)
    assert list(rate.x) == [10, 20]  # a total that fell was counted anew
    assert list(rate.y) == [pytest.approx(3.3), 0]


def test_idle_and_nearly_full_are_named():
    series = {
        "gpu.0.gpu": over("gpu.0.gpu", [90, 2, 0, 1, 0, 0, 3, 0]),
        "gpu.1.gpu": over("gpu.1.gpu", [0] * 8 + [90]),
        "gpu.1.memoryAllocated": over("x", [1, 97.4, math.nan]),
        "memory_percent": over("memory_percent", [94.9]),
        "disk./.usagePercent": over("disk", [99]),
    }
    assert list(system.findings(series)) == [
        "GPU 0 idle for 6m 00s",
        "disk / 99% full",
        "GPU 1 memory 97% full",
    ]


def test_idle_devices_of_a_node_are_named_together():
    def found(*nodes: str) -> list[str]:
        names = [f"gpu.{number}.gpu{node}" for node in nodes for number in range(8)]
        ys = {name: [0] * (8 + ("gpu.7" in name)) for name in names}
        ys |= {name: [0, 90] for name in names if "gpu.0" in name and "/l:b" in name}
        return list(system.findings({k: over(k, y) for k, y in ys.items()}))

    assert found("") == ["all 8 GPUs idle for at least 7m 00s"]
    assert found("/l:a", "/l:b") == [
        "all 8 GPUs of a idle for at least 7m 00s",
        "GPUs 1, 2, 3, 4, 5, 6, 7 of b idle for at least 7m 00s",
    ]


@pytest.mark.parametrize("ys", [[], [math.nan], [0.0], [0.0, 0.0], [0, 90]])
def test_what_was_not_idle_for_long_is_not_named(ys):
    assert system.idle_for(over("gpu.0.gpu", ys)) is None


def test_every_node_has_rows_notes_and_curves_of_its_own():
    values = {"gpu": [0.0] * 8, "memoryAllocated": [97.0] * 8}
    series = {
        f"gpu.0.{name}/l:{node}": over(name, ys if node == "b" else [50.0] * 8)
        for name, ys in values.items()
        for node in "ab"
    }
    series["disk./.usagePercent/l:b"] = over("disk", [96.0])
    assert list(system.findings(series)) == [
        "GPU 0 of b idle for 7m 00s",
        "disk / of b 96% full",
        "GPU 0 of b memory 97% full",
    ]
    last = {name: one.y[-1] for name, one in series.items()}
    rows = system.device_rows(last)
    assert [(str(row.device), row.values["busy %"]) for row in rows] == [
        ("gpu 0 of a", 50.0),
        ("gpu 0 of b", 0.0),
    ]
    (busy,) = [
        names for title, names in system.plotted(last).items() if "busy" in title
    ]
    assert [system.label(name) for name in busy] == ["gpu 0 of a", "gpu 0 of b"]
    assert system.label("cpu/l:a") == "cpu of a"


def test_other_accelerators_have_rows_as_gpus_do():
    found = system.device_rows(
        {
            "tpu.0.dutyCycle": 80.0,
            "tpu.0.hbmCapacityUsage": 3e9,
            "tpu.1.dutyCycle": 80.0,
            "tpu.1.tensorcoreUtilization": 60.0,
            "tpu.1.hbmMemoryUsage": 99.0,
            "trn.0.neuroncore_utilization": 1.0,
            "trn.0.neuroncore_memory_usage.tensors": 1e9,
            "trn.0.neuroncore_memory_usage.constants": 2e9,
            "ipu.0.ipu utilisation (%)": 5.0,
            "ipu.0.average board temp (C)": 30.0,
        }
    )
    assert {str(row.device): row.values for row in found} == {
        "ipu 0": {"busy %": 5.0, "°C": 30.0},
        "tpu 0": {"busy %": 80.0, "memory GB": 3.0},
        "tpu 1": {"busy %": 60.0, "memory %": 99.0},
        "trn 0": {"busy %": 1.0, "memory GB": 3.0},
    }
    idle = {"tpu.1.tensorcoreUtilization": over("x", [0.0] * 8)}
    idle["tpu.1.dutyCycle"] = over("x", [0.0] * 8)
    idle["tpu.1.hbmMemoryUsage"] = over("x", [99.0])
    assert list(system.findings(idle)) == [
        "TPU 1 idle for 7m 00s",
        "TPU 1 memory 99% full",
    ]
