"""Every way to fail becomes one clear line, whichever request it strikes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from wandbwatch.cli import grammar
from wandbwatch.model.address import Address, Cloud
from wandbwatch.model.errors import (
    NetworkError,
    NotAuthorisedError,
    NotFoundError,
    RateLimitError,
    SourceError,
    TimeOutError,
)
from wandbwatch.model.media import Steps
from wandbwatch.model.query import Axis, Query
from wandbwatch.sources.cloud import failures, plugin, session, wandb_core
from wandbwatch.sources.cloud.source import CloudSource

from tests.fakes import fake_env
from tests.servers.wandb import Fault, Run

GPT = Cloud("acme", "gpt")
EVIL = "\x1b[31m@everyone [bold]\n\u202e" + "x" * 500

FAULTS = [
    (Fault("status", status=401), NotAuthorisedError, "rejected the API key fr"),
    (
        Fault("status", status=403, message="no seat"),
        NotAuthorisedError,
        "denied access (403: no seat); `wandbwatch whoami` shows",
    ),
    (Fault("status", status=404), NotFoundError, "no W&B server at"),
    (
        Fault("status", status=429, message="calm down", headers={"Retry-After": "0"}),
        RateLimitError,
        "asks us to slow down, for 0 s (429: calm down); try again then",
    ),
    (Fault("status", status=400, message="bad"), NetworkError, "(400: bad)"),
    (Fault("status", status=503), NetworkError, "failed (503: injected); try again"),
    (Fault("reset"), NetworkError, "broke; try again"),
    (Fault("malformed"), NetworkError, "like a W&B server"),
    (Fault("empty"), NetworkError, "like a W&B server"),
    (Fault("graphql_error", message="bad luck"), NetworkError, "says: bad luck"),
    (Fault("hang"), TimeOutError, "did not answer in time"),
    (Fault("drip"), TimeOutError, "did not answer in time"),
]


@pytest.fixture(autouse=True)
def _impatient(server, monkeypatch, request):
    """Wait a second only where no answer comes: a busy machine is no failure."""
    del server  # it clears what wandb reads first
    params = getattr(request.node, "callspec", None)
    fault = params.params.get("fault") if params else None
    stalls = isinstance(fault, Fault) and fault.kind in {"hang", "drip"}
    monkeypatch.setenv("WANDB_X_GRAPHQL_TIMEOUT_SECONDS", "1" if stalls else "30")
    if stalls:
        wandb_core.kill()  # the next one reads it
    yield
    if stalls:
        wandb_core.kill()


@pytest.mark.parametrize(("fault", "kind", "said"), FAULTS)
def test_a_fault_is_reported(server, fault, kind, said):
    server.store.add(Run("abc"))
    server.faults.append(replace(fault, operation="WandbwatchRun"))
    _told(server.url, kind, said)


@pytest.mark.parametrize(
    ("fault", "kind", "said"), [f for f in FAULTS if f[0].status < 429]
)
def test_a_fault_at_the_door_is_reported(server, fault, kind, said):
    server.store.add(Run("abc"))
    server.faults.append(replace(fault, operation="Viewer"))
    _told(server.url, kind, said)


def _told(url: str, kind: type[SourceError], said: str) -> None:
    with pytest.raises(kind) as told:
        plugin(Cloud("acme", "gpt", "abc")).run()
    assert type(told.value) is kind
    assert said in str(told.value)
    assert url in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("ask", ["runs", "curves"])
def test_every_method_tells_it(server, ask):
    server.store.add(Run("abc"))
    server.faults.append(Fault("status", operation="Runs", status=403))
    source = plugin(GPT)
    with pytest.raises(NotAuthorisedError):
        _ = (
            source.runs(Query())
            if ask == "runs"
            else source.curves(Query(), ["loss"], Axis())
        )


def test_a_fault_that_passes_leaves_nothing_behind(server):
    server.store.add(Run("abc"))
    server.faults.append(Fault("status", operation="Viewer", status=500, times=2))
    source = plugin(Cloud("acme", "gpt", "abc"))
    with pytest.raises(NetworkError):
        source.run()
    assert source.run().id == "abc"


@pytest.mark.parametrize(
    ("fault", "what"),
    [("null_run", "run 'acme/gpt/abc'"), ("null_project", "project 'acme/gpt'")],
)
def test_a_missing_project_or_run_is_not_found(server, fault, what):
    server.store.add(Run("abc"))
    server.faults.append(Fault(fault, operation="Wandbwatch"))
    with pytest.raises(NotFoundError, match=f"{what} not found"):
        plugin(Cloud("acme", "gpt", "abc")).run()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9", "nothing listens at http://127.0.0.1:9; is WANDB_B"),
        ("http://nowhere.invalid", "no host of the name in http://nowhere.invalid"),
        ("nonsense", "nonsense is not a URL"),
    ],
)
def test_a_server_that_is_missing_is_reported(monkeypatch, url, said):
    monkeypatch.setenv("WANDB_BASE_URL", url)
    with pytest.raises(NetworkError) as told:
        plugin(GPT).runs(Query())
    assert said in str(told.value)


def test_plain_http_where_tls_is_expected_is_reported(server, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", server.url.replace("http:", "https:"))
    with pytest.raises(NetworkError, match="no secure connection to https://"):
        plugin(GPT).runs(Query())


def test_an_unknown_key_is_reported_with_the_place_it_came_from(server, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "z" * 40)
    with pytest.raises(NotAuthorisedError) as told:
        plugin(GPT).runs(Query())
    assert "the API key from WANDB_API_KEY (401); set WANDB_API_KEY to" in str(told)
    assert "z" * 40 not in str(told)
    assert not server.data_requests


@pytest.fixture
def _afresh() -> None:
    """Let the package read its settings again, the key among them."""
    wandb_core.kill()


@pytest.mark.usefixtures("server", "_afresh")
@pytest.mark.parametrize(
    ("key", "said"), [("z" * 30, "has 30;"), ("z" * 40 + " ", "whitespace;")]
)
def test_what_is_no_key_is_reported(monkeypatch, key, said):
    monkeypatch.setenv("WANDB_API_KEY", key)
    with pytest.raises(NotAuthorisedError) as told:
        plugin(GPT).runs(Query())
    assert said in str(told.value)
    assert key not in str(told.value)


@pytest.mark.usefixtures("_afresh")
def test_no_key_at_all_is_reported_and_no_request_is_made(server, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY")
    with pytest.raises(NotAuthorisedError) as told:
        plugin(GPT).runs(Query())
    assert (
        str(told.value) == f"no API key for {server.url}; `wandbwatch login` saves one"
    )


@pytest.mark.usefixtures("_afresh")
def test_a_public_project_is_read_without_a_key(server, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY")
    server.store.add(Run("abc"), Run("own", project="secret"))
    server.store.project("acme", "gpt").public = True
    assert [run.id for run in plugin(GPT).runs(Query()).runs] == ["abc"]
    with pytest.raises(NotAuthorisedError, match="no API key for"):
        plugin(Cloud("acme", "secret")).runs(Query())
    with pytest.raises(NotAuthorisedError, match="no API key for"):
        plugin(GPT).sweep("s1")


def test_an_old_package_is_refused_in_one_line(server, monkeypatch):
    monkeypatch.setattr("wandb.__version__", "0.26.1")
    with pytest.raises(
        SourceError, match=r"wandb 0\.26\.1 is too old: .* needs 0\.28\.2"
    ):
        plugin(GPT).runs(Query())
    assert not server.counts


def test_what_a_server_says_is_one_line_of_text(server):
    server.faults.append(Fault("graphql_error", operation="Wandbwatch"))
    server.faults[0].message = EVIL.encode("unicode-escape").decode()
    with pytest.raises(SourceError) as told:
        plugin(GPT).runs(Query())
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 300
    assert failures.plain(EVIL).isprintable()


def test_a_valid_answer_of_another_kind_is_malformed(server, monkeypatch):
    monkeypatch.setattr(
        "wandbwatch.sources.cloud.query.RUNS",
        "query Wandbwatch { project: viewer { runs: username } }",
    )
    with pytest.raises(NetworkError, match="is it a W&B server"):
        plugin(GPT).runs(Query())
    assert server.data_requests == 1


def test_a_bug_of_ours_is_not_taken_for_a_failure_of_theirs(server):
    server.store.add(Run("abc"))

    def bug(_api: object) -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        session.session(None).ask(bug)


def of_server(address: Address) -> CloudSource:
    assert isinstance(address, Cloud)
    return plugin(address)


READS = {
    "WandbwatchRun": lambda at: at.run(),
    "WandbwatchConsole": lambda at: at.console("abc", 5),
    "WandbwatchFiles": lambda at: at.files("abc", None),
    "WandbwatchMedia": lambda at: at.media("abc", (), Steps.LAST),
    "WandbwatchRunArtifacts": lambda at: at.artifacts("abc"),
    "WandbwatchRuns": lambda at: at.curves(Query(limit=5), ["loss"], Axis()),
}


@pytest.mark.parametrize("operation", READS)
def test_a_run_that_the_server_could_not_read_is_not_missing(server, operation):
    server.store.add(Run("abc"))
    late = "context deadline exceeded"
    server.faults.append(Fault("partial", operation=operation, run="abc", message=late))
    with pytest.raises(NetworkError, match=f"could not read the run: {late}"):
        READS[operation](plugin(replace(GPT, run="abc")))


@pytest.mark.parametrize("address", ["acme/nothing", "acme/nothing/s1"])
def test_a_sweep_of_a_missing_project_names_the_project(server, address):
    server.store.add(Run("abc"))
    env = fake_env(plugin(GPT))
    env = replace(env, source=of_server)
    with pytest.raises(NotFoundError, match="project 'acme/nothing' not found"):
        list(grammar.parse(f"sweep {address}", env).reports)


def test_a_digest_says_what_could_not_be_read(server):
    server.store.add(Run("abc"), Run("def"))
    server.faults.append(Fault("partial", operation="WandbwatchRuns", run="abc"))
    line = "digest acme/gpt --since 9000d"
    (report,) = grammar.parse(line, fake_env(plugin(GPT))).reports
    assert "W&B could not read all of it" in str(report.blocks[-1])
