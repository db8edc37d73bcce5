"""What a daemon costs that idles, and how fast it is when all is due at once.

The servers are on this machine. How fast a backlog goes out: ``outbox``; what kills
cost: ``kills``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.bench.figure import bare, medians, sample
from tests.daemon.running import Place, Running, subscription
from tests.servers.discord import DiscordServer, Hook, Limits
from tests.servers.wandb import KEY, Run, WandbServer

RESIDENT, A_LIST = 25.0, 0.08
"""The most MB of an idle daemon, and seconds of CPU a list, of all processes."""
GROWTH = 256
"""KiB: less is the allocator's, not a leak of each tick."""
LISTS, PROJECTS, CHANNELS, RUNS = 200, 10, 20, 20
LINES = ("project {}", "project {} --columns loss", "image {} --keys loss")
"""What the lists ask of each project, in turn."""
KEYS, POINTS = ("train/loss", "train/acc", "val/loss", "val/acc"), 1000
OF_PLAIN = 1.5
"""The most CPU of a warm worker's list with pictures, in plain matplotlib's."""
NEVER = 'cron = "0 0 1 1 *"'


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        good = [_idle(Path(directory))]
    with tempfile.TemporaryDirectory() as directory:
        good.append(_busy(Path(directory)))
    with tempfile.TemporaryDirectory() as directory:
        good.append(_pictured(Path(directory)))
    if not all(good):
        sys.exit(1)


def _idle(directory: Path) -> bool:
    server = DiscordServer(directory / "discord")
    place = Place(directory, server)
    place.write(*(subscription(f"s{i}", "project .", when=NEVER) for i in range(LISTS)))
    with place.start() as daemon:
        daemon.wait(lambda: daemon.said("running the subscriptions"))
        time.sleep(3)
        status = Path(f"/proc/{daemon.process.pid}/status").read_text()
        resident = int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6
        daemon.end()
    _say(
        f"an idle daemon with {LISTS} lists: {resident:.1f} MB resident"
        f" (at most {RESIDENT:.0f})",
        good=resident <= RESIDENT,
    )
    words = [sys.executable, "-m", "tests.bench._ticks", str(place.file)]
    done = subprocess.run(words, capture_output=True, check=True, env=place.environ)
    told = json.loads(done.stdout)
    (before, files), (after, files_after) = told["before"], told["after"]
    stays = after - before <= GROWTH and files_after <= files
    share = told["seconds"]
    _say(
        f"after 10,000 ticks it is {after - before} KiB larger and has"
        f" {files_after - files} more files open; a tick a second takes"
        f" {share:.4%} of a core",
        good=stays,
    )
    return resident <= RESIDENT and stays


def _busy(directory: Path) -> bool:
    discord = DiscordServer(directory / "discord", Limits()).start()
    wandb = WandbServer().start()
    for i in range(PROJECTS * RUNS):
        rows = [{"_step": step, "loss": 1 / (step + 1)} for step in range(50)]
        wandb.store.add(
            Run(f"r{i}", project=f"p{i % PROJECTS}", summary={"loss": 0.1}, rows=rows)
        )
    place = Place(directory, discord)
    place.environ |= {"WANDB_BASE_URL": wandb.url, "WANDB_API_KEY": KEY}
    alone = -_cpu()
    place.wandbwatch("project", "acme/p0")
    alone += _cpu()
    wandb.counts.clear()
    # Late enough for the command to have checked the file.
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)
    place.write(*_lists(due), extra=_channels(discord))
    before = _cpu()
    with place.start() as daemon:
        workers = 0
        for part in (LISTS // 4, LISTS // 2, LISTS):  # it may be a slow machine
            daemon.wait(partial(_posted, discord, part))
            workers = max(workers, _workers(daemon))
        took = (datetime.now(UTC) - due).total_seconds()
        daemon.end(signal.SIGTERM)
        failed = daemon.said(" ERROR ")
    limited = discord.statuses.count(429)
    wandb.stop()
    discord.stop()
    things = PROJECTS * len(LINES)
    each = (_cpu() - before) / LISTS
    good = wandb.data_requests <= things and not limited and not failed
    good = good and each <= A_LIST
    _say(
        f"{LISTS} lists due at once over {PROJECTS} projects: the last was posted after"
        f" {took:.1f} s, by {workers} workers; {each:.3f} s of CPU a list"
        f" (at most {A_LIST}), with what sends, {each / alone:.0%} of a process of its"
        " own;"
        f" {wandb.data_requests} requests for {things} things,"
        f" {limited} answers of 429",
        good=good,
    )
    return good


def _pictured(directory: Path) -> bool:
    """Give a worker lists with an `image` of four keys, each of other runs."""
    wandb, plot = WandbServer().start(), sample(POINTS)
    for i in range(len(KEYS)):
        for line in plot.lines:
            rows = [
                {"_step": n, **dict.fromkeys(KEYS, y + i)}
                for n, y in enumerate(line.series.y)
            ]
            wandb.store.add(Run(f"{line.run}-{i}", project=f"p{i}", rows=rows))
    place = Place(directory, DiscordServer(directory / "discord"))
    place.environ |= {"WANDB_BASE_URL": wandb.url, "WANDB_API_KEY": KEY}
    asked = f"--keys {','.join(KEYS)}"
    place.write(
        *(
            subscription(f"s{i}", f"image acme/p{i} {asked}", when=NEVER)
            for i in range(len(KEYS))
        )
    )
    words = [sys.executable, "-m", "wandbwatch", "worker", str(place.file)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=place.environ
    ) as worker:
        took = [_answered(worker, f"s{i}") for i in range(len(KEYS))]
        worker.communicate()
    wandb.stop()
    (plain,) = medians(lambda: [bare(plot) for _ in KEYS])
    share = min(took[1:]) / plain
    _say(
        f"a warm worker's list with `image` of {len(plot.lines)} runs × {len(KEYS)}"
        f" keys: {share:.2f} of matplotlib's plain plots (at most {OF_PLAIN}),"
        f" {min(took[1:]):.2f} s of CPU; the first {took[0]:.2f} s",
        good=share <= OF_PLAIN,
    )
    return share <= OF_PLAIN


def _answered(worker: subprocess.Popen[bytes], name: str) -> float:
    """Return the seconds of CPU that *worker* takes for one list."""
    order = {"subscription": name, "slot": "2026-01-01T00:00:00+00:00", "failed": ""}
    before = _spent(worker.pid)
    if not worker.stdin or not worker.stdout:
        raise AssertionError("it needs pipes")
    worker.stdin.write(json.dumps(order).encode() + b"\n")
    worker.stdin.flush()
    result = json.loads(worker.stdout.readline())
    if result["errors"] or not result["messages"]:
        raise AssertionError(result)
    return _spent(worker.pid) - before


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _posted(server: DiscordServer, count: int) -> bool:
    return len(server.messages) >= count


def _lists(due: datetime) -> Sequence[str]:
    when = f'cron = "{due:%M %H %d %m} * {due:%S}"'
    lists = []
    for i in range(LISTS):
        line = LINES[i // PROJECTS % len(LINES)].format(f"acme/p{i % PROJECTS}")
        body = subscription(f"s{i}", line, when=when)
        lists.append(body.replace('"lab"', f'"c{i % CHANNELS}"'))
    return lists


def _channels(server: DiscordServer) -> str:
    lines = ["jobs = 2"]
    for i in range(CHANNELS):
        url = server.url(Hook(str(100 + i), f"token-{i}", str(1000 + i)))
        lines.append(f'[channels.c{i}]\nwebhook = "{url}"\nany_host = true')
    return "\n".join(lines)


def _workers(daemon: Running) -> int:
    words: Mapping[int, bytes] = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in daemon.pids()
    }
    return sum(b"\0worker\0" in line for line in words.values())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _say(text: str, *, good: bool) -> None:
    sys.stdout.write(f"  {text}: {'ok' if good else 'MISSED'}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
