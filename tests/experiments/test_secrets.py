"""Which keys the real processes of an experiment find in their environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from wandbwatch.experiments.processes import descendants

from tests.daemon.running import TOKEN, subscription
from tests.experiments.test_lists import EACH_SECOND, YEARLY
from tests.servers.discord import Fault

ALICE, BOB, OWN, SWITCH = "a" * 40, "b" * 40, "c" * 40, "https://hc/secret-uuid"
SECRETS = {
    "ALICE": ALICE,
    "BOB": BOB,
    "WANDB_API_KEY": OWN,
    "WANDB_BASE_URL": "http://own.invalid",
    "SWITCH": SWITCH,
}
ACCOUNTS = """dead_man = { env = "SWITCH" }
[accounts.alice]
api_key = { env = "ALICE" }
base_url = "http://alice.invalid"
[accounts.bob]
api_key = { env = "BOB" }
"""


def environ(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)


def kept_by(bench) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environments of the supervisor and of the script."""
    bench.until(lambda: bench.experiments() and bench.one().pid)
    script = bench.one().pid
    return environ(parent(script)), environ(script)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def subscribe(bench, account: str, when: str = YEARLY) -> None:
    script = bench.script("sleep 5\n")
    bench.place.environ |= SECRETS
    body = subscription("nightly", f"experiment --script {script}", when=when)
    bench.place.write(f"{body}\n{account}", extra=ACCOUNTS)


def check_alices(keeper: dict[str, str], script: dict[str, str]) -> None:
    for one in (keeper, script):
        assert one["WANDB_API_KEY"] == ALICE
        assert one["WANDB_BASE_URL"] == "http://alice.invalid"
        assert not {BOB, OWN} & set(one.values())
    assert TOKEN in str(keeper), "its sender posts"
    assert TOKEN not in str(script)
    assert SWITCH not in f"{keeper} {script}"


def test_a_training_of_an_account_gets_its_key_and_server_alone(bench):
    subscribe(bench, 'account = "alice"')
    assert bench.run("run").returncode == 0
    check_alices(*kept_by(bench))
    assert bench.run("stop", "--all").returncode == 0


def test_so_it_is_when_the_daemon_starts_its_supervisor(bench):
    subscribe(bench, 'account = "alice"', EACH_SECOND)
    with bench.place.start() as daemon:
        check_alices(*kept_by(bench))
        daemon.end()
    assert bench.run("stop", "--all").returncode == 0


@pytest.mark.parametrize("start", ["run", "experiment"])
def test_without_an_account_it_has_the_users_own_key(bench, start):
    subscribe(bench, "")
    words = ("experiment", "--script", "./run.sh", "--detach", "--to", "lab")
    assert bench.run(*(words if start == "experiment" else ("run",))).returncode == 0
    keeper, script = kept_by(bench)
    for one in (keeper, script):
        assert not {ALICE, BOB} & set(one.values())
    assert script["WANDB_API_KEY"] == OWN
    assert TOKEN not in str(script)
    assert bench.run("stop", "--all").returncode == 0


def test_the_sender_of_a_supervisor_has_no_key(bench):
    subscribe(bench, 'account = "alice"')
    assert bench.run("run").returncode == 0
    bench.until(lambda: bench.experiments() and bench.one().pid)
    keeper = parent(bench.one().pid)
    bench.place.server.faults.append(Fault("hang", method="POST", seconds=5.0))
    assert bench.run("stop", "--all").returncode == 0
    found: list[dict[str, str]] = []

    def sending() -> bool:
        for child in descendants(keeper):
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"send" in words:
                found.append(environ(child))
        return bool(found)

    bench.until(sending)
    assert not {ALICE, BOB, OWN, SWITCH} & set(found[0].values())
    assert TOKEN in str(found[0])


def test_an_account_that_is_gone_is_one_clear_line(bench):
    subscribe(bench, 'account = "alice"')
    bench.place.environ.pop("ALICE")
    done = bench.run("run")
    assert "ALICE" in done.stderr
    assert "Traceback" not in done.stderr
