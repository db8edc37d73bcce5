"""A Slurm of one node for the tests: its daemons, in a directory of their own.

Needs root and Debian's packages slurm-wlm, slurm-client and munge, or the like.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scancel", "squeue")
_SECONDS = 30
# proctrack/linuxproc and task/none use no cgroup; slurmd still looks at them and dies
# on a host with both hierarchies, if it is not told which one to take.
_CGROUP = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n"
_CONF = """\
ClusterName=wandbwatch
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={d}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={here}/munge.socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
StateSaveLocation={here}/state
SlurmdSpoolDir={here}/spool
SlurmctldPidFile={here}/slurmctld.pid
SlurmdPidFile={here}/slurmd.pid
SlurmctldLogFile={here}/slurmctld.log
SlurmdLogFile={here}/slurmd.log
KillWait=5
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Say why it cannot start here; empty if it can."""
    absent = [name for name in PROGRAMS if not _program(name)]
    if absent:
        return f"no {', '.join(absent)} (Debian: slurm-wlm slurm-client munge)"
    return "" if os.geteuid() == 0 else "slurmd needs root"


@contextlib.contextmanager
def slurm(here: Path, cpus: int = 64) -> Iterator[Mapping[str, str]]:
    """Start one below *here*; yield its clients' environment variables."""
    here.mkdir(mode=0o755)
    for name in ("state", "spool"):
        (here / name).mkdir()
    conf = here / "slurm.conf"
    ctld, d = free_ports(2)
    host = socket.gethostname().partition(".")[0]
    conf.write_text(_CONF.format(here=here, host=host, ctld=ctld, d=d, cpus=cpus))
    (here / "cgroup.conf").write_text(_CGROUP)
    key = here / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    environ = {**os.environ, "SLURM_CONF": str(conf)}
    with contextlib.ExitStack() as daemons:
        for words in (
            _munged(here),
            ["slurmctld", "-D", "-f", str(conf)],
            ["slurmd", "-D", "-f", str(conf)],
        ):
            daemons.enter_context(_daemon(words, environ, here))
        _wait_until_idle(environ, here)
        yield {"SLURM_CONF": str(conf)}


def _munged(here: Path) -> list[str]:
    files = {
        "socket": "munge.socket",
        "key-file": "munge.key",
        "pid-file": "munge.pid",
        "seed-file": "munge.seed",
        "log-file": "munge.log",
    }
    options = [f"--{option}={here / name}" for option, name in files.items()]
    return ["munged", "--foreground", "--force", *options]


@contextlib.contextmanager
def _daemon(words: list[str], environ: Mapping[str, str], here: Path) -> Iterator[None]:
    with (here / f"{words[0]}.out").open("wb") as out:
        process = subprocess.Popen(
            [_program(words[0]) or words[0], *words[1:]],
            env=environ,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _wait_until_idle(environ: Mapping[str, str], here: Path) -> None:
    until = time.monotonic() + _SECONDS
    answer = ""
    while time.monotonic() < until:
        done = subprocess.run(
            [_program("sinfo") or "sinfo", "-h", "-o", "%T"],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        answer = done.stdout.strip() or done.stderr.strip()
        if answer == "idle":
            return
        time.sleep(0.2)
    raise RuntimeError(f"Slurm is not ready after {_SECONDS} s: {answer}; see {here}")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
