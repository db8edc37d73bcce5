from __future__ import annotations

from datetime import timedelta

from wandbwatch.cli import grammar
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
    assert idle == Note("gpu 0 idle for 19m 00s")
    assert isinstance(gpus, Table)
    assert gpus.columns == ("gpu", "busy %", "°C")
    assert gpus.rows[1] == (1, 93.0, 71.0)
    assert rest == Fields("machine", (("cpu", 40.0),))
    assert isinstance(busy, Plot)
    assert [line.name for line in busy.lines] == ["gpu 0", "gpu 1"]
    assert [(line.label, line.id) for line in busy.lines] == [
        ("GPU 0", ""),
        ("GPU 1", ""),
    ]
    assert isinstance(cpu, Plot)


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
