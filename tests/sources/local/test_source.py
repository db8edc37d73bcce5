"""Which runs a path and a query find."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from wandbwatch.model.errors import ExitCode, NotFoundError, SourceError, UsageError
from wandbwatch.model.query import Axis, AxisKind, Query
from wandbwatch.model.report import taken_remarks
from wandbwatch.model.run import Json
from wandbwatch.sources.local import directories
from wandbwatch.sources.local.log import RunLog

from tests.runs import synthetic
from tests.runs.synthetic import START, exit_record, item, row, run, summary
from tests.sources.local.reading import over, source, written


def records(run_id: str, number: int = 0, **values: Json) -> list[bytes]:
    rows = row({"loss": number, **values}, number)
    return [
        run(run_id, START + number, name=f"name {run_id}"),
        synthetic.field(5, synthetic.field(1, item(("lr",), number / 10))),
        summary([item(("best",), number)]),
        *rows,
        exit_record(0),
    ]


@pytest.fixture
def three(tmp_path):
    """A project of three runs, the last of which is the newest."""
    root = tmp_path / "project" / "wandb"
    for number, run_id in enumerate("abc"):
        written(root, records(run_id, number), run_id)
    (root / "latest-run").symlink_to("offline-run-20240101_000000-c")
    (root / "debug.log").symlink_to("nowhere")
    return tmp_path / "project"


def ids(path: Path, **query: Any) -> str:
    return "".join(run.id for run in source(path).runs(Query(**query)).runs)


@pytest.mark.parametrize(
    ("below", "found"),
    [
        (".", "cba"),
        ("wandb", "cba"),
        ("wandb/latest-run", "c"),
        ("wandb/offline-run-20240101_000000-a", "a"),
        ("wandb/offline-run-20240101_000000-a/run-a.wandb", "a"),
    ],
)
def test_paths(three, below, found, monkeypatch):
    assert ids(three / below) == found
    monkeypatch.chdir(three)
    assert ids(Path(below)) == found


def test_a_hidden_root(three):
    (three / "wandb").rename(three / ".wandb")
    assert ids(three) == "cba"


def test_directories_with_an_ending_and_online_runs(three):
    root = three / "wandb"
    (root / "offline-run-20240101_000000-a").rename(root / "run-20240101_000000-a-1")
    assert ids(three) == "cba"


def test_home_is_meant(three, monkeypatch):
    monkeypatch.setenv("HOME", str(three))
    assert ids(Path("~/wandb")) == "cba"


def test_a_file_by_any_name(three, tmp_path):
    file = next(three.glob("wandb/*-b/*.wandb"))
    copied = tmp_path / "copy.wandb"
    copied.write_bytes(file.read_bytes())
    assert source(copied).run().id == "b"
    assert source(copied).console("b", 0) == ()
    assert [run.id for run in source(copied).runs(Query(ids=("b",))).runs] == ["b"]


def test_what_is_left_out_is_counted(three):
    listing = source(three).runs(Query(limit=2))
    assert [run.id for run in listing.runs] == ["c", "b"]
    assert (listing.total, listing.left_out) == (3, 1)


def odd(root: Path) -> None:
    """Write runs whose start is not simply what the first record says."""
    many = synthetic.field(4, synthetic.field(1, item(("text",), "x" * 40_000)))
    records_of = {
        "usual": records("usual", 5),
        "two": records("two", 9),
        "large": [run("large", START + 6) + many, exit_record(0)],
        "late": [*row({"loss": 1}, 0), run("late", START + 7)],
        "none": row({"loss": 1}, 8),
        "damaged": records("damaged", 4),
        "renamed": [run("renamed", START + 3), run("renamed", START + 3, name="new")],
        "same": records("same", 5),
        "empty": [],
    }
    for one, lines in records_of.items():
        written(root, lines, one)
    later = written(root, records("two", 1), "two2")
    (later / "run-two2.wandb").rename(later / "run-two.wandb")
    damaged = next(root.glob("*-damaged/*.wandb"))
    raw = bytearray(damaged.read_bytes())
    raw[20] ^= 1
    damaged.write_bytes(raw)
    next(root.glob("*-empty/*.wandb")).write_bytes(b"no run at all")


@pytest.mark.parametrize("order", ["-created_at", "+created_at"])
def test_the_newest_of_all_runs_are_the_first_of_their_whole_list(tmp_path, order):
    odd(tmp_path / "wandb")
    whole = source(tmp_path).runs(Query(order=order)).runs
    assert len({run.created for run in whole}) > 5
    for limit in range(1, len(whole) + 1):
        found = source(tmp_path).runs(Query(order=order, limit=limit))
        assert repr(found.runs) == repr(whole[:limit])
        assert found.total == len(whole)


def test_of_runs_that_are_not_shown_only_the_start_is_read(three, monkeypatch):
    long = written(three / "wandb", [*records("z", 0), *row({"t": "x" * 20_000}, 1)])
    read: dict[str, int] = {}
    given = RunLog.read

    def counted(log: RunLog, begin: int, end: int) -> bytes:
        data = given(log, begin, end)
        read[log.path.stem] = read.get(log.path.stem, 0) + len(data)
        return data

    monkeypatch.setattr(RunLog, "read", counted)
    assert ids(three, limit=1, summary=()) == "c"
    assert 0 < read["run-one"] < (long / "run-one.wandb").stat().st_size / 2


def test_queries(three):
    assert ids(three, order="+created_at") == "abc"
    assert ids(three, order="-config.lr") == "cba"
    assert ids(three, order="summary_metrics.loss") == "abc"
    assert ids(three, filters={"config.lr": {"$gt": 0}}) == "cb"
    assert ids(three, filters={"summary_metrics.best": 1}) == "b"
    assert ids(three, ids=("a", "b")) == "ba"
    assert ids(three, ids=("a", "b"), filters={"name": {"$ne": "b"}}) == "a"


def test_only_what_is_asked_of_a_run_is_read(three):
    (one,) = source(three).runs(Query(ids=("b",), summary=("best",), config=())).runs
    assert one.summary == {"best": 1}
    assert one.config == {}
    assert one.last_step == 1
    (one,) = source(three).runs(Query(ids=("b",), summary=(), config=("lr", "no"))).runs
    assert one.summary == {}
    assert one.config == {"lr": 0.1}


def test_a_key_asked_for_has_what_is_below_it(tmp_path):
    path = written(tmp_path, records("one", acc={"min": 1, "max": 2}))
    (one,) = source(path).runs(Query(summary=("acc", "los"))).runs
    assert one.summary == {"acc.max": 2, "acc.min": 1}


def test_curves_of_several_runs(three):
    query = Query(order="+created_at", limit=2, summary=(), config=())
    found = source(three).curves(query, ["loss", "no"], over(AxisKind.STEP))
    assert [curves.run.id for curves in found] == ["a", "b"]
    assert [list(curves.series) for curves in found] == [["loss"], ["loss"]]
    assert list(found[1].series["loss"].x) == [1]


def test_a_run_that_is_missing(three):
    with pytest.raises(NotFoundError, match="has no run 'z'; `wandbwatch project"):
        source(three).runs(Query(ids=("a", "z")))


def test_several_runs_are_not_one(three):
    expected = r"has 3 runs, not one; .* such as .*-c, or .*/latest$"
    with pytest.raises(UsageError, match=expected):
        source(three).run()


def test_wrong_queries_are_reported_before_anything_is_read(tmp_path):
    nowhere = source(tmp_path / "nowhere")
    with pytest.raises(UsageError):
        nowhere.runs(Query(filters={"$xor": 1}))
    with pytest.raises(UsageError):
        nowhere.curves(Query(order="-speed"), ["loss"], Axis())


def test_nothing_there(tmp_path):
    with pytest.raises(NotFoundError, match="does not exist; name a directory"):
        source(tmp_path / "nowhere").run()
    with pytest.raises(NotFoundError, match="has no W&B runs in it; name a dir") as e:
        source(tmp_path).runs(Query())
    assert e.value.exit_code == ExitCode.NOT_FOUND


def test_a_link_to_nothing(three):
    link = three / "wandb" / "latest-run"
    link.unlink()
    link.symlink_to("gone")
    assert ids(three) == "cba"
    with pytest.raises(NotFoundError, match="is a broken link"):
        source(link).run()


def test_a_link_to_a_directory_without_a_file(three):
    link = three / "wandb" / "latest-run"
    link.unlink()
    (three / "wandb" / "run-20240101_000000-empty" / "logs").mkdir(parents=True)
    link.symlink_to("run-20240101_000000-empty")
    assert ids(three) == "cba"
    with pytest.raises(NotFoundError, match="has no W&B runs in it"):
        source(link).run()


def test_what_cannot_be_read(tmp_path):
    file = tmp_path / "run-one.wandb"
    file.symlink_to("/proc/self/mem")  # there, and nobody may read its first byte
    with pytest.raises(SourceError, match="cannot be read: Input/output"):
        source(file).run()


def test_of_many_runs_one_that_cannot_be_read_has_no_histograms(three):
    (three / "wandb" / "run-20240101_000009-z").mkdir()
    file = three / "wandb" / "run-20240101_000009-z" / "run-z.wandb"
    file.symlink_to("/proc/self/mem")
    found = source(three).distributions(Query(), ["loss"], Axis())
    assert {one.run.id for one in found} == {"a", "b", "c", "z"}
    assert [one.columns for one in found] == [{}] * 4
    with pytest.raises(SourceError, match="cannot be read"):
        source(file).distributions(Query(), ["loss"], Axis())


def test_a_directory_in_place_of_a_file(tmp_path):
    strange = tmp_path / "run-20240101_000000-x" / "run-x.wandb"
    strange.mkdir(parents=True)
    with pytest.raises(NotFoundError):
        source(tmp_path).run()


def test_a_run_in_two_parts_is_read_in_the_order_it_was_written(tmp_path):
    later = records("one", 7, second=1)
    first = records("one", 3, first=1)
    written(tmp_path / "wandb", later, "one").rename(tmp_path / "wandb" / "run-1-one")
    written(tmp_path / "wandb", first, "one")
    one = source(tmp_path).run()
    assert (one.summary["loss"], one.summary["first"], one.last_step) == (7, 1, 7)
    assert one.created
    assert one.created.timestamp() == START + 3
    (found,) = source(tmp_path).curves(Query(), ["loss"], Axis())
    assert list(found.series["loss"].x) == [3, 7]


def test_what_experiments_left_is_among_the_runs_in_the_order_of_time(tmp_path):
    for directory in (
        "wandb/run-20260101_000000-aaa",
        "wandb/experiment-7/wandb/offline-run-20260102_000000-bbb",
        "wandb/offline-run-20260103_000000-ccc",
    ):
        run_id = directory[-3:]
        file = tmp_path / directory / f"run-{run_id}.wandb"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"")
    (tmp_path / "wandb" / "experiment-8").mkdir()
    found = [file.parent.name[-3:] for file in directories.files(tmp_path)]
    assert found == ["aaa", "bbb", "ccc"]
    of_one = directories.files(tmp_path / "wandb" / "experiment-7")
    assert [file.parent.name[-3:] for file in of_one] == ["bbb"]


def tree(directory: Path, *places: str) -> Path:
    for number, place in enumerate(places):
        written(directory / place, records(f"r{number}", number), f"r{number}")
    return directory


@pytest.mark.parametrize(
    "places",
    [
        (
            "multirun/2025-01-02/03-04-05/0/wandb",
            "multirun/2025-01-02/03-04-05/1/wandb",
        ),
        ("a/wandb", "b/c/.wandb", "d"),
    ],
)
def test_runs_further_down_are_found(tmp_path, places):
    tree(tmp_path, *places)
    taken_remarks()
    assert len(source(tmp_path).runs(Query()).runs) == len(places)
    assert taken_remarks() == ()
    written(tmp_path / "wandb", records("own"), "own")
    assert [one.id for one in source(tmp_path).runs(Query()).runs] == ["own"]


def test_a_tree_is_searched_to_a_depth_that_is_said(tmp_path):
    tree(tmp_path, "1/2/3/4/5/6/wandb", "1/2/3/4/5/6/7/wandb")
    taken_remarks()
    assert ids(tmp_path) == "r0"
    (note,) = taken_remarks()
    assert "6 levels deep" in note
    with pytest.raises(NotFoundError, match="nor 6 levels below; name a directory"):
        source(tree(tmp_path / "x", "1/2/3/4/5/6/7/wandb")).runs(Query())


def test_links_and_hidden_directories_are_not_followed(tmp_path):
    tree(tmp_path / "a", "b/wandb", ".trash/wandb")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    assert ids(tmp_path / "a") == "r0"


def test_latest_run_as_a_directory(three, tmp_path):
    root = tmp_path / "copied" / "wandb"
    written(root, records("x")).rename(root / "latest-run")
    (root / "latest-run" / "run-one.wandb").rename(root / "latest-run" / "run-x.wandb")
    assert ids(tmp_path / "copied") == "x"
    assert source(root / "latest-run").run().id == "x"
    (three / "wandb" / "latest-run").unlink()
    copytree(three / "wandb/offline-run-20240101_000000-c", three / "wandb/latest-run")
    assert ids(three) == "cba"
    assert source(three / "wandb" / "latest-run").run().last_step == 2
