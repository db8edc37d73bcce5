from __future__ import annotations

from collections.abc import Iterator

import pytest
from wandbwatch.sources.cloud import session, wandb_core

from tests.servers.wandb import WandbServer


@pytest.fixture(scope="module", autouse=True)
def _own_sidecar() -> Iterator[None]:
    """Let the module's tests read the environment anew, and leave nothing running."""
    wandb_core.kill()
    yield
    wandb_core.kill()


@pytest.fixture
def server(
    wandb_server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WandbServer]:
    """Serve W&B to a wandb package that is not patient."""
    monkeypatch.setenv("WANDB_X_GRAPHQL_RETRY_MAX", "1")  # 0 would be its default, 20
    session.forget()
    yield wandb_server
    session.forget()
