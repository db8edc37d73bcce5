"""Second looks at a log: they cost what is new, and never say what is not so."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wandbwatch.cli import grammar
from wandbwatch.model.query import Query
from wandbwatch.model.run import State
from wandbwatch.options import HERE
from wandbwatch.sources.local import cache, directories, index, listing, log
from wandbwatch.sources.local.index import scan
from wandbwatch.sources.local.known import Known
from wandbwatch.sources.local.log import RunLog

from tests.fakes import fake_env
from tests.runs import synthetic
from tests.sources.local.reading import BARE, curves, file_of, source, written
from tests.sources.local.test_large_files import (
    SHAPES,
    answers,
    large,
    others,
    rows,
)


@pytest.fixture(autouse=True)
def _all_is_kept(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(index, "_WORTH", 1)
    with large(0):
        yield


@pytest.fixture
def file(tmp_path):
    return tmp_path / "run-any.wandb"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Return the directory of the cache, an empty one."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    return tmp_path / "cache" / "runs"


def records(seed: int, count: int) -> list[bytes]:
    draw = random.Random(seed)  # noqa: S311 - not a secret
    shape = SHAPES[seed % len(SHAPES)]
    found = [synthetic.run("any", name="any")]
    for step, row in rows(seed, count):
        found += shape(draw, step, row)
        found += others(draw) if draw.random() < 0.1 else []
    return [*found, synthetic.exit_record(0)] if seed % 2 else found


@contextmanager
def uncached() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDBWATCH_CACHE", "off")
        yield


def cold(path: Path) -> list[Any]:
    with uncached():
        return answers(path)


def grown(content: bytes, file: Path, draw: Any) -> None:
    """Write more of *content*, mostly up to the middle of some record."""
    now = file.stat().st_size
    with file.open("ab") as opened:
        opened.write(content[now : now + draw(st.integers(1, 200_000))])


def cut(content: bytes, file: Path, draw: Any) -> None:
    del content
    os.truncate(file, draw(st.integers(7, file.stat().st_size)))


def torn(content: bytes, file: Path, draw: Any) -> None:
    del content
    with file.open("ab") as opened:
        opened.write(draw(st.binary(min_size=1, max_size=300)))


def edited(content: bytes, file: Path, draw: Any) -> None:
    """Change some bytes in place, as no writer of wandb does."""
    del content
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(draw(st.integers(7, max(7, size - 1))))
        opened.write(draw(st.binary(min_size=1, max_size=40)))


def swapped(content: bytes, file: Path, draw: Any) -> None:
    """Put another run in its place, of another inode or the same."""
    size = file.stat().st_size if draw(st.booleans()) else len(content)
    other = synthetic.frame(records(draw(st.integers(0, 50)), 300))[:size]
    if draw(st.booleans()):
        beside = file.with_name("beside")
        beside.write_bytes(other)
        shutil.copystat(file, beside)
        beside.replace(file)
    else:
        file.write_bytes(other)


@settings(max_examples=12)
@given(st.data())
def test_each_answer_is_that_of_a_first_look(file, data):
    content = synthetic.frame(records(data.draw(st.integers(0, 50)), 600))
    file.write_bytes(content[: data.draw(st.integers(7, len(content)))])
    changes = st.sampled_from([grown, grown, grown, cut, torn, edited, swapped])
    answers(file)
    for change in data.draw(st.lists(changes, min_size=1, max_size=5)):
        change(content, file, data.draw)
        assert answers(file) == cold(file)


def test_a_second_look_finds_the_damage_of_a_first_one(file):
    content = synthetic.frame(records(14, 600))
    damaged = bytearray(content[:160_981])
    damaged[6082:6089] = b"\xb0L\x08\x1a\x89\xaa\xb9"
    file.write_bytes(damaged)
    answers(file)
    assert answers(file) == cold(file)


@pytest.mark.parametrize(
    "ask",
    [
        lambda file: curves(file, "val/loss", "train/key_00"),
        lambda file: [(one := source(file)).run(), one.alerts("any")],
    ],
)
def test_what_a_line_asks_of_a_run_is_read_at_once(file, monkeypatch, ask):
    synthetic.write(file, synthetic.steps(1500, run_id="any"))
    monkeypatch.setenv("WANDBWATCH_CACHE", "off")
    monkeypatch.setattr("wandbwatch.sources.local.source._MOMENT", 60)
    read: list[int] = []
    whole = scan

    def counted(log: RunLog, *parts: Known) -> None:
        before = parts[0].upto
        whole(log, *parts)
        read.append(parts[0].upto - before)

    monkeypatch.setattr(index, "scan", counted)
    assert len(ask(file)) == 2
    blocks = file.stat().st_size // synthetic.BLOCK
    assert blocks - 2 < sum(read) <= blocks


def tallied(read: Callable[..., Any], sizes: list[int]) -> Callable[..., Any]:
    """Return *read* that adds to *sizes* how many bytes it got."""

    def counted(*args: Any) -> Any:
        got = read(*args)
        sizes.append(len(got) if isinstance(got, bytes) else got)
        return got

    return counted


def test_a_second_look_reads_what_is_new(file, monkeypatch):
    content = synthetic.frame(synthetic.steps(1500, run_id="any"))
    monkeypatch.setattr(cache, "_SAMPLED", 1)
    file.write_bytes(content[:-5000])
    answers(file)
    file.write_bytes(content)
    read: list[int] = []
    whole = RunLog.read

    def counted(log: RunLog, begin: int, end: int) -> bytes:
        data = whole(log, begin, end)
        read.append(len(data))
        return data

    monkeypatch.setattr(RunLog, "read", counted)
    assert source(file).run().last_step == 1499
    assert sum(read) < len(content) / 2
    read.clear()
    curves(file, "loss", "a.b")
    assert sum(read) < len(content) / 3


@pytest.mark.parametrize("step", [None, 2])
@pytest.mark.parametrize("code", [None, 0, 7])
def test_rows_before_much_console_are_found_where_they_are(
    file, monkeypatch, step, code
):
    monkeypatch.setattr(log, "_FAR", 100_000)
    monkeypatch.setattr(cache, "_SAMPLED", 1)
    records = [synthetic.run("any")]
    if step is not None:
        records += synthetic.row({"loss": 1.0}, step)
    much = {"cpu": 1, "x" * 400: 1}
    heard = (synthetic.stats(synthetic.START + n, much) for n in range(12_000))
    ended = () if code is None else (synthetic.exit_record(code),)
    content = synthetic.frame([*records, *heard, *ended])
    file.write_bytes(content)
    with uncached(), monkeypatch.context() as patch:
        patch.setattr(log, "_FAR", 1 << 60)
        expected = source(file).run()
    assert (expected.last_step, expected.exit_code) == (step, code)
    assert source(file).run() == expected
    read: list[int] = []
    for ask in (os.pread, os.preadv):
        monkeypatch.setattr(os, ask.__name__, tallied(ask, read))
    assert source(file).run() == expected
    assert sum(read) < len(content) / 3


def test_a_link_to_a_run_is_the_same_run(file, kept):
    synthetic.write(file, records(0, 300))
    latest = file.with_name("latest-run")
    latest.symlink_to(file.parent, target_is_directory=True)
    assert answers(latest / file.name) == answers(file)
    assert len(list(kept.iterdir())) == 1


@lru_cache
def long() -> bytes:
    return synthetic.frame(synthetic.steps(3000, run_id="any"))


@pytest.mark.parametrize(
    "line",
    [
        "summary",
        "events",
        "logs",
        "project",
        "digest",
        "system",
        "top",
        "alert --when 'nan(train/key_00)'",
        "alert --when 'system/cpu > 200'",
        "image --keys train/key_00,val/loss",
    ],
)
def test_a_look_at_a_run_that_has_ended_reads_what_is_new(file, monkeypatch, line):
    """It asks for no more than the look before, when the run was still running."""
    content = long()
    monkeypatch.setattr(cache, "_SAMPLED", 1)
    name, _, options = line.partition(" ")
    states: list[str] = []

    def look() -> None:
        env = fake_env(source(file, synthetic.START + 3000))
        with uncached():
            states.append(env.source(HERE).runs(BARE).runs[0].state)
        list(grammar.parse(f"{name} {file} {options}", env).reports)

    file.write_bytes(content[:-5000])
    look()
    read: list[int] = []
    for ask in (os.pread, os.preadv):
        monkeypatch.setattr(os, ask.__name__, tallied(ask, read))
    file.write_bytes(content)
    look()
    assert states == [State.RUNNING, State.FINISHED]
    assert sum(read) < len(content) / 2


def test_it_is_for_its_owner_alone(file, kept):
    synthetic.write(file, records(0, 300))
    answers(file)
    (one,) = kept.iterdir()
    assert one.stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("seed", range(len(SHAPES)))
def test_any_shape_is_kept(file, kept, seed):
    synthetic.write(file, records(seed, 300))
    answers(file)
    assert len(list(kept.iterdir())) == 1
    with RunLog(file) as log:
        found = cache.Cached.of(log)
        assert found
        kinds = {kind for kind, *_ in found.load(log)}
    assert kinds == {"kinds", "newest", "curves", "measures"}


@pytest.mark.parametrize("harm", ["readable", "cut", "other", "link", "text"])
def test_what_is_odd_is_not_used(file, kept, harm):
    synthetic.write(file, records(0, 300))
    expected = answers(file)
    (one,) = kept.iterdir()
    raw = one.read_bytes()
    if harm == "readable":
        one.chmod(0o644)
    elif harm == "cut":
        one.write_bytes(raw[:-9])
    elif harm == "other":
        one.write_bytes(raw.replace(b"cache 3", b"cache 9"))
    elif harm == "text":
        one.write_text("{}")
    else:
        one.rename(kept / "elsewhere")
        one.symlink_to(kept / "elsewhere")
    with RunLog(file) as log:
        found = cache.Cached.of(log)
        assert found
        assert found.load(log) is None
    assert answers(file) == expected


def test_kept_curves_that_are_damaged_are_read_again(file, kept):
    synthetic.write(file, records(0, 300))
    expected = answers(file)
    (one,) = kept.iterdir()
    raw = one.read_bytes()
    one.write_bytes(raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:])
    assert answers(file) == expected


def test_curves_that_nobody_asks_for_are_not_read(file, monkeypatch):
    content = synthetic.frame(records(0, 600))
    file.write_bytes(content[:-50_000])
    answers(file)
    read: list[str] = []
    whole = cache.Stored.array

    def counted(stored: cache.Stored) -> Any:
        read.append(stored.kind)
        return whole(stored)

    monkeypatch.setattr(cache.Stored, "array", counted)
    assert source(file).alerts("any") is not None
    assert set(read) == {"I"}
    file.write_bytes(content)
    assert answers(file) == cold(file)
    assert set(read) == {"I", "d"}


def test_it_can_be_switched_off(file, kept, monkeypatch):
    monkeypatch.setenv("WANDBWATCH_CACHE", "off")
    synthetic.write(file, records(0, 300))
    answers(file)
    assert not kept.exists()


def test_a_directory_that_cannot_be_written_is_no_fault(file, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    synthetic.write(file, records(0, 300))
    assert source(file).run().id == "any"


def test_it_has_a_bound(tmp_path, kept, monkeypatch):
    monkeypatch.setattr(cache, "_MOST", 1)
    for name in ("a", "b"):
        path = tmp_path / name / "run-any.wandb"
        synthetic.write(path, records(0, 300))
        answers(path)
    assert list(kept.iterdir()) == []


def looked(root: Path) -> list[Any]:
    """List the runs below *root*, in the ways that commands do."""
    one = source(root)
    every = [one.runs(Query(summary=(), config=())), one.runs(Query(summary=("k",)))]
    every += [one.runs(Query(summary=(), limit=3)), one.runs(Query(limit=2))]
    ordered = one.runs(
        Query(filters={"config.lr": {"$gt": 0}}, order="-summary_metrics.k")
    )
    return [repr(listed) for listed in (*every, ordered)]


def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is found of a few runs, too, as soon as it is found."""
    for module in (listing, directories):
        monkeypatch.setattr(module, "MANY", 1)
        monkeypatch.setattr(module, "SETTLED", -1)


@pytest.mark.usefixtures("kept")
def test_files_that_come_and_go_in_the_directories_of_many_runs_are_seen(
    tmp_path, monkeypatch
):
    many(monkeypatch)
    root = tmp_path / "wandb"
    runs = [written(root, [synthetic.run(f"r{n}")], f"r{n}") for n in range(4)]
    first = directories.files(tmp_path)
    assert first == directories.files(tmp_path) == [file_of(run) for run in runs]

    def change(directory: Path, act: Callable[[], object]) -> list[str]:
        before = directory.stat().st_ctime_ns
        act()
        while directory.stat().st_ctime_ns == before:  # a clock's tick is 4 ms
            directory.chmod(0o700)
        return [file.name for file in directories.files(tmp_path)]

    more = runs[1] / "run-more.wandb"
    names = [file.name for file in first]
    assert change(runs[1], lambda: more.write_bytes(b"")) == [
        *names[:1],
        "run-more.wandb",
        *names[1:],
    ]
    assert change(runs[1], lambda: more.rename(runs[1] / "other")) == names
    assert change(runs[0], first[0].unlink) == names[1:]
    link = runs[3] / "run-z.wandb"
    assert change(runs[3], lambda: link.symlink_to(first[2])) == [*names[1:], link.name]
    assert change(runs[2], first[2].unlink) == [names[1], names[3]]
    assert change(runs[2], first[2].touch) == [*names[1:], link.name]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_two_processes_list_many_runs(tmp_path, monkeypatch):
    for n in range(7):
        lines = [synthetic.run(f"r{n}"), *synthetic.row({"k": n}, n)]
        written(tmp_path / "wandb", [*lines, synthetic.exit_record(0)], f"r{n}")
    file_of(next((tmp_path / "wandb").glob("*-r5"))).write_bytes(b"no run at all")
    monkeypatch.setenv("WANDBWATCH_CACHE", "off")
    expected = looked(tmp_path)
    mine = []
    monkeypatch.setattr(listing, "_SHARED", 1)
    monkeypatch.setattr(listing, "cores", lambda: 2)  # though pytest has threads
    whole = RunLog.close

    def closed(log: RunLog) -> None:
        mine.append(log.path)
        whole(log)

    monkeypatch.setattr(RunLog, "close", closed)
    assert looked(tmp_path) == expected
    assert 0 < len(set(mine)) < 7


@pytest.mark.usefixtures("kept")
def test_runs_that_have_ended_are_not_read_again(tmp_path, monkeypatch):
    many(monkeypatch)
    draw = random.Random(1)  # noqa: S311 - not a secret
    for n in range(9):
        lines = [synthetic.run(f"r{n}", name=f"run {n}", tag="a"), *others(draw)]
        lines += synthetic.row({"k": float("nan"), "t": n}, n)
        lines += [synthetic.exit_record(n % 3)] if n < 7 else []
        written(tmp_path / "wandb", lines, f"r{n}")
    expected = looked(tmp_path)
    read: list[str] = []
    whole = RunLog.close

    def closed(log: RunLog) -> None:
        read.append(log.path.stem)
        whole(log)

    monkeypatch.setattr(RunLog, "close", closed)
    assert looked(tmp_path) == expected
    assert set(read) == {"run-r7", "run-r8"}
    changed = file_of(next((tmp_path / "wandb").glob("*-r0")))
    synthetic.write(changed, [synthetic.run("r0", name="other"), *others(draw)])
    now = looked(tmp_path)
    monkeypatch.setenv("WANDBWATCH_CACHE", "off")
    assert now == looked(tmp_path) != expected


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("ended", [True, False])
def test_a_second_look_sees_what_changed_in_files(tmp_path, monkeypatch, ended):
    """Though the .wandb file, which has lost its run's records, stays as it is."""
    many(monkeypatch)
    exits = [synthetic.exit_record(0)] if ended else []
    run = written(tmp_path / "wandb", [*synthetic.row({"k": 0}, 1), *exits])
    files = run / "files"
    files.mkdir()
    answers = []
    for n in (1, 2):
        (files / "config.yaml").write_text(f"lr:\n  value: {n}\n")
        (files / "wandb-summary.json").write_text(f'{{"_step": 9, "k": {n}}}')
        (files / "output.log").write_text(f"epoch {n}\n")
        (found,) = source(tmp_path).runs(Query(summary=None, config=None)).runs
        (line,) = source(run).console("one", 1)
        answers.append((found.config["lr"], found.summary["k"], line.text))
        assert source(run).run().config == found.config
    assert answers == [(n, 0 if ended else n, f"epoch {n}") for n in (1, 2)]


def test_it_is_where_xdg_says():
    home = {"HOME": "/home/me"}
    assert cache.directory(home) == Path("/home/me/.cache/wandbwatch/runs")
    xdg = home | {"XDG_CACHE_HOME": "/var/c"}
    assert cache.directory(xdg) == Path("/var/c/wandbwatch/runs")
    systemd = xdg | {"CACHE_DIRECTORY": "/var/cache/wandbwatch:/x"}
    assert cache.directory(systemd) == Path("/var/cache/wandbwatch/runs")
    assert cache.directory(systemd | {"WANDBWATCH_CACHE": "OFF"}) is None
    assert cache.directory({}) is None
