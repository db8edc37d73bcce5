from __future__ import annotations

from dataclasses import replace

from wandbwatch.model.report import Fields, Note, Report, Table
from wandbwatch.renderers.discord.caps import FIELDS, ROWS, TOTAL, capped


def group(name: str, count: int) -> Fields:
    return Fields(name, tuple((f"k{i}", i) for i in range(count)))


def test_a_report_that_fits_stays_as_it_is():
    report = Report("summary", "t", (group("train", FIELDS), Note("n")))
    assert capped(report) == (report, "")


def test_a_long_group_shows_the_first_values_and_the_file_has_all():
    shown, values = capped(Report("summary", "t", (group("layers", 2000),)))
    assert shown.blocks == (
        group("layers", FIELDS),
        Note("1,975 more layers: summary.csv"),
    )
    lines = values.split("\n")
    assert lines[0] == "group,key,value"
    assert lines[-1] == "layers,k1999,1999"
    assert len(lines) == 2001


def test_many_groups_are_counted():
    groups = tuple(group(f"g{i}", 20) for i in range(9))
    shown, values = capped(Report("summary", "t", groups))
    assert len([b for b in shown.blocks if isinstance(b, Fields)]) == TOTAL // 20
    assert shown.blocks[-1] == Note("4 more groups with 80 values: summary.csv")
    assert "g8,k19,19" in values


def test_a_long_table_shows_its_first_rows():
    table = Table("runs", ("name",), tuple((f"r{i}",) for i in range(1500)))
    shown, values = capped(Report("project", "t", (table,)))
    assert shown.blocks == (
        Table("runs", ("name",), table.rows[:ROWS]),
        Note("1,460 more rows: project.csv"),
    )
    assert values.count("\n") == 1500


def test_system_metrics_are_folded_and_quiet_disks_left_out():
    metrics = {f"cpu.{i}.cpu_percent": float(i) for i in range(128)}
    metrics |= {"disk.in": 0.0, "network.sent": 3.0, "gpu.0.gpu": 0.0}
    metrics |= {"disk./.usageGB": 120.0, "disk./.usagePercent": 35.525}
    shown, values = capped(Report("s", "t", (Fields("system", (*metrics.items(),)),)))
    assert shown.blocks == (
        Fields(
            "system",
            (
                ("CPU core (128)", "mean 63.5%, max 127%"),
                ("disk / used", "120 GB · 35.5%"),
                ("GPU 0 busy", "0%"),
                ("network sent", "3 B"),
            ),
        ),
    )
    assert "system,disk.in,0" in values
    assert "system,disk./.usagePercent,35.525" in values


def test_the_file_has_the_columns_that_programs_get():
    rows = tuple((f"run{i}", i) for i in range(41))
    brief = Table("runs", ("name", ""), rows)
    whole = Table("runs", ("name", "note"), rows, brief=brief)
    shown, values = capped(Report("events", "p", (whole,)))
    assert values.startswith("name,note\nrun0,0\n")
    assert isinstance(shown.blocks[0], Table)
    assert shown.blocks[0].columns == ("name", "")


def test_a_row_that_another_table_lists_is_listed_once():
    ended = Table(
        "ended",
        ("name",),
        (("a",), ("b",)),
        ("https://x/a", None),
        repeated=frozenset({0}),
    )
    report, values = capped(Report("digest", "p", (ended,)))
    (table,) = report.blocks
    assert isinstance(table, Table)
    assert (table.rows, table.links, values) == ((("b",),), (None,), "")
    whole = replace(ended, repeated=frozenset({0, 1}))
    assert capped(Report("digest", "p", (whole,)))[0].blocks == ()
