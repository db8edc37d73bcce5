"""The log of a training that prints without end, and old logs."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from wandbwatch.delivery.outbox import Store
from wandbwatch.experiments.ledger import Ledger
from wandbwatch.experiments.output import Output, cap_log, prune_logs, tail
from wandbwatch.model.experiment import Experiment, Phase, Plan

from tests.delivery.outbox.messages import Clock
from tests.experiments.test_progress import an_experiment

LIMIT = 100_000
_LEFT_OUT = re.compile(r"\[wandbwatch: ([\d,]+) bytes left out; ")


def lines(first: int, count: int) -> str:
    return "".join(f"line {i:08}\n" for i in range(first, first + count))


def test_a_short_log_stays_as_it_is(tmp_path):
    log = tmp_path / "1.log"
    log.write_text(lines(0, 100))
    assert cap_log(str(log), LIMIT) == 0
    assert log.read_text() == lines(0, 100)
    assert cap_log(str(tmp_path / "none.log"), LIMIT) == 0


def test_of_a_long_log_the_beginning_and_the_end_stay_and_it_says_so(tmp_path):
    log, written = tmp_path / "1.log", 0
    for _ in range(20):
        with log.open("a") as file:
            file.write(lines(written, 3000))
        written += 3000
        cap_log(str(log), LIMIT)
        assert log.stat().st_size <= LIMIT
    text = log.read_text()
    assert text.startswith("line 00000000\n")
    assert text.endswith(f"line {written - 1:08}\n")
    (left_out,) = _LEFT_OUT.findall(text)
    kept = [line for line in text.splitlines() if line.startswith("line ")]
    assert all(len(line) == 13 for line in kept), "no line is cut"
    assert int(left_out.replace(",", "")) + 14 * len(kept) == 14 * written
    assert len(kept) > 3000


def test_one_line_without_an_end_is_cut_as_well(tmp_path):
    log = tmp_path / "1.log"
    log.write_bytes(b"x" * 10 * LIMIT)
    assert cap_log(str(log), LIMIT) > 8 * LIMIT
    assert log.stat().st_size <= LIMIT


def test_who_appends_meanwhile_goes_on_at_the_end(tmp_path):
    """The writer is a process of its own, as a training is."""
    log = tmp_path / "1.log"
    program = "for i in range(200_000): print(f'line {i:08}', flush=i % 100 == 0)"
    with log.open("ab") as file:
        writer = subprocess.Popen([sys.executable, "-c", program], stdout=file)
    while writer.poll() is None:
        cap_log(str(log), LIMIT)
    cap_log(str(log), LIMIT)
    text = log.read_text()
    assert log.stat().st_size <= LIMIT
    assert text.startswith("line 00000000\n")
    assert text.endswith("line 00199999\n")
    assert "\0" not in text


def test_whoever_follows_a_log_that_is_cut_goes_on(tmp_path):
    log = tmp_path / "1.log"
    one = _logging_to(log)
    output = Output(prefix=False)
    log.write_text(lines(0, 20_000))
    assert len(list(output.new_lines([one]))) == 20_000
    cap_log(str(log), LIMIT)
    with log.open("a") as file:
        file.write("the end\n")
    assert list(output.new_lines([one])) == []
    with log.open("a") as file:
        file.write("more\n")
    assert list(output.new_lines([one])) == ["more"]
    assert tail(str(log), 2) == ("the end", "more")


def test_old_logs_go_with_the_locks_and_logs_of_their_supervisors(tmp_path, opened):
    clock = Clock()
    store: Store = opened(tmp_path, clock.now)
    ledger = Ledger(store)
    plan = Plan("ppo", "/s", "{}", "/w")
    old, new, running = (
        ledger.add([plan], 1, "me", detached=True)[0] for _ in range(3)
    )
    directory = tmp_path / "experiments"
    directory.mkdir()
    for one in (old, new, running):
        for name in (f"{one.id}.log", f"keeper-{one.id}.log", f"keeper-{one.id}.lock"):
            (directory / name).touch()
    (directory / "other.log").touch()
    _end(ledger, old)
    clock.at += timedelta(days=20)
    _end(ledger, new)
    clock.at += timedelta(days=20)
    assert prune_logs(ledger, 30 * 86400.0) == 2
    left = {path.name for path in directory.iterdir()}
    assert not any(str(old.id) in name for name in left)
    assert {f"{new.id}.log", f"{running.id}.log", "other.log"} <= left


def _end(ledger: Ledger, one: Experiment) -> None:
    ledger.end(one, Phase.FINISHED)


def _logging_to(log: Path) -> Experiment:
    return replace(an_experiment(1), log=str(log))


def test_the_log_of_a_running_training_is_cut_by_its_supervisor(bench):
    text = bench.place.file.read_text()
    bench.place.file.write_text(text + '[keep]\nlog_size = "100kB"\n')
    script = bench.script("seq 1000000 1999999\necho the end\nsleep 2\nexit 3\n")
    done = bench.run("experiment", "--script", str(script))
    (one,) = bench.experiments()
    assert one.code == 3, done.stdout[-500:]
    log = Path(one.log)
    assert log.stat().st_size <= LIMIT
    assert log.read_text().startswith("1000000\n")
    assert log.read_text().endswith("the end\n")
    assert len(_LEFT_OUT.findall(log.read_text())) == 1
