"""Every command line of the documentation is run, as a reader would run it.

Their names stand for real things: acme/gpt is on a server of ours, ./wandb has runs
of the real SDK, #research is a webhook of ours, and /etc is a directory of the test.
"""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from wandbwatch.cli import main
from wandbwatch.cli.systemd_units import HIDDEN
from wandbwatch.model.errors import ExitCode
from wandbwatch.sources.cloud import session, wandb_core

from tests.daemon.running import Place
from tests.servers.discord.server import DiscordServer
from tests.servers.wandb.server import WandbServer
from tests.servers.wandb.store import KEY, Run, Store
from tests.test_docs import PAGES, command_lines

LINES = sorted(
    {line for page in PAGES if page.stem != "commands" for line in command_lines(page)}
)
ENDLESS = ("daemon", "top ", "project acme/gpt --watch")
"""What goes on until it is interrupted."""
QUERIES = (
    *("alert", "artifacts", "diff", "digest", "files", "image", "logs", "media"),
    *("project", "summary", "sweep", "system", "why"),
)
"""What is asked in this process: it is faster, and starts nothing that stays."""
CODES = {"wait B3": ExitCode.CONDITION}
"""Exit codes other than 0: one of B3 failed."""

LAB = """
[channels.lab]
webhook = { env = "HOOK" }
any_host = true
"""

SCRIPT = """#!/bin/bash
echo "$1"
case "$1" in *slow*) sleep 60;; *fails*) mkdir failed && exit 1;; esac
true
"""
RUNS = """
import wandb
for seed in range(2):
    config = {"seed": seed, "max_steps": 9}
    run = wandb.init(project="demo", group="seeds", config=config)
    for step in range(10):
        loss = 1 / (step + 1)
        run.log({"loss": loss, "train/loss": loss, "val/loss": seed})
    run.log({"predictions": wandb.Table(["a"], [[1]])})
    run.finish()
"""
SWEEP = """\
method: random
run_cap: 2
metric: {name: val/loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-5, max: 1.0e-2}
"""
CONFIG = """
[daemon]
state = "{state}"

[[subscriptions]]
name = "gpt"
channel = "research"
cron = "0 9 * * *"
commands = ["project acme/gpt", "alert acme/gpt --when 'train/loss > 5'"]

[channels.research]
webhook = {{ env = "HOOK" }}
any_host = true

[experiments.ppo]
script = "./run_experiment.sh"
"""


class Desk(Place):
    """A directory with all that the documentation's lines name."""

    def __init__(
        self, directory: Path, discord: DiscordServer, wandb: WandbServer
    ) -> None:
        super().__init__(directory, discord)
        self.file.write_text(CONFIG.format(state=self.state))
        (directory / "lab.toml").write_text(self.file.read_text() + LAB)
        self.environ |= {
            "WANDB_BASE_URL": wandb.url,
            "WANDB_API_KEY": KEY,
            "WANDBWATCH_CONFIG": str(self.file),
            "WANDBWATCH_WEBHOOK": self.environ["HOOK"],
            "NETRC": str(directory / "home" / ".netrc"),
        }
        for name in ("run.sh", "run_experiment.sh"):
            (directory / name).write_text(SCRIPT)
            (directory / name).chmod(0o755)
        # Few machines have Slurm; here is one whose cluster does not answer.
        programs = directory / "programs"
        programs.mkdir()
        (programs / "sbatch").write_text("#!/bin/sh\nexit 1\n")
        (programs / "sbatch").chmod(0o755)
        self.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
        (directory / "base.toml").write_text("epochs = 1\n")
        (directory / "sweep.yaml").write_text(SWEEP)
        subprocess.run(
            [sys.executable, "-c", RUNS],
            cwd=directory,
            env={**self.environ, "WANDB_MODE": "offline", "WANDB_SWEEP_ID": "x7k2h1"},
            capture_output=True,
            check=True,
        )
        for value in ("2", '"fails"', "3"):  # B1, B3 and B5
            self.run(f"experiment 'lr=[1,{value}]' --grid --script ./run.sh")
        self.run("experiment lr=1 --script ./run.sh")

    def run(
        self, line: str, given: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wandbwatch", *shlex.split(line)],
            cwd=self.directory,
            env=self.environ | environ,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    def number(self, kind: str) -> str:
        """Return the newest experiment's *kind*: its number or its batch."""
        listed = json.loads(self.run("experiments -o json").stdout)
        rows = listed["reports"][0]["blocks"][0]["rows"]
        return str(rows[0][kind])


def runs(store: Store) -> None:
    """Let *store* have acme/gpt and acme/rl, as the documentation has them."""
    media = store.projects["acme", "gpt"].runs.pop("media")
    for name, project in (("h4x0r", "gpt"), ("k2m9zz", "gpt"), ("h4x0r", "rl")):
        run = copy.deepcopy(media)
        run.name, run.project, run.display_name = name, project, f"seed-{name}"
        run.state, run.exitcode, run.sweep_name = "finished", 0, "x7k2h1"
        run.settings |= {"lr": 3e-4, "max_steps": 100, "algo": "ppo"}
        run.rows += [row(len(run.rows) + step) for step in range(40)]
        run.summary |= run.rows[-1]
        run.console = ["epoch 1", "Error: CUDA out of memory"]
        run.files["ckpt/last.pt"] = b"weights"
        store.add(run)
    for name in ("a", "b"):
        store.add(Run(name, rows=[row(0)], summary=row(0)))


def row(step: int) -> dict[str, float]:
    keys = ("train/loss", "val/loss", "loss", "return", "gradients/w", "q_value")
    clock = {"_step": step, "_runtime": step, "_timestamp": 1.7e9 + step}
    return clock | dict.fromkeys(keys, 1 / (step + 1))


@pytest.fixture(scope="module")
def desk(_media_run, tmp_path_factory, _own_discord):
    wandb_core.kill()
    before = copy.deepcopy(_media_run.server.store.projects)
    runs(_media_run.server.store)
    desk = Desk(tmp_path_factory.mktemp("desk"), _own_discord, _media_run.server)
    yield desk
    desk.run("stop --all")
    _media_run.server.store.projects = before
    wandb_core.kill()


@pytest.fixture(scope="module")
def _own_discord(tmp_path_factory):
    server = DiscordServer(tmp_path_factory.mktemp("discord")).start()
    yield server
    server.stop()


def is_query(line: str) -> bool:
    name, *words = shlex.split(line)
    return name in QUERIES and words[:1] != ["7"] and not {"--to", "--watch"} & {*words}


@pytest.fixture
def reader(desk, monkeypatch):
    """Let this process be the reader's."""
    monkeypatch.chdir(desk.directory)
    for name in {*os.environ} - {*desk.environ}:
        monkeypatch.delenv(name)
    for name, value in desk.environ.items():
        monkeypatch.setenv(name, value)
    session.forget()
    yield
    session.forget()


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("line", [x for x in LINES if is_query(x)])
def test_a_query_of_the_docs_works(capsys, line):
    code = main.answer(shlex.split(line.replace("ENTITY/PROJECT", "acme/gpt")))
    assert code == ExitCode.FINE, capsys.readouterr()


REST = [x for x in LINES if not is_query(x)]


@pytest.mark.parametrize("line", REST)
def test_a_command_line_of_the_docs_works(desk, tmp_path, line):
    wanted = CODES.get(line, ExitCode.FINE)
    line = line.replace("/etc/", f"{tmp_path}/")
    name = line.partition(" ")[0]
    if line == "service install":
        line += f" --dir {tmp_path}/units"  # not into this machine's systemd
        # It refuses a program that the units could not see, as most clones are.
        python = Path(sys.executable)
        hidden = any(str(p).startswith(HIDDEN) for p in (python, python.resolve()))
        wanted = ExitCode.OURS if hidden else ExitCode.FINE
    if line.startswith(ENDLESS):
        assert interrupted(desk, line) in (0, 130, -signal.SIGINT)
        return
    environ = {}
    if " lab" in line:
        environ["WANDBWATCH_CONFIG"] = str(desk.directory / "lab.toml")
    if name == "init":
        environ["WANDBWATCH_CONFIG"] = str(tmp_path / "watch.toml")
    elif name == "hello" and "--config" in line:
        (tmp_path / "wandbwatch").mkdir()
        shutil.copy(desk.file, tmp_path / "wandbwatch")
    elif name == "unmute":
        desk.run(line.replace("unmute", "mute") + " --for 1h")
    elif name == "unsubscribe":
        desk.run("subscribe loss 'image acme/gpt --keys loss' --interval 30m")
    elif name == "stop":
        desk.run("experiment s=slow n=[1,2] --grid --detach --script ./run.sh")
        line = f"stop {desk.number('batch' if 'B' in line else 'id')}"
    given = KEY if name == "login" else ""
    if name == "status":
        with desk.start() as daemon:
            daemon.wait(lambda: desk.run("status").returncode == 0)
            done = desk.run(line)
    else:
        done = desk.run(line, given, **environ)
    assert done.returncode == wanted, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def interrupted(desk: Desk, line: str) -> int:
    """Start *line*, interrupt it when it works, and return its exit code."""
    started = subprocess.Popen(
        [sys.executable, "-m", "wandbwatch", *shlex.split(line)],
        cwd=desk.directory,
        env=desk.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert started.stdout
    os.read(started.stdout.fileno(), 1)
    started.send_signal(signal.SIGINT)
    rest, _ = started.communicate(timeout=30)
    assert b"Traceback" not in rest
    return started.returncode
