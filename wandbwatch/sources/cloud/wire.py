"""The one place that uses what the wandb package has but does not export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class GraphqlAnswer:
    data: Any
    app: str
    """Base URL of the server's web pages."""


class NoWireError(Exception):
    """This version of the wandb package has no such way to ask."""


def execute(api: Any, document: str, variables: Mapping[str, Any]) -> GraphqlAnswer:
    """Send one GraphQL document by wandb-core, with its retries and its bounds.

    ``wandb.apis.public.service_api.ServiceApi`` can be imported but is not exported
    (wandb 0.31); `exported` is the way without it.
    """
    service = getattr(api, "_service_api", None)
    ask = getattr(service, "execute_graphql", None)
    app = getattr(service, "app_url", None)
    if ask is None or not isinstance(app, str):
        raise NoWireError
    return GraphqlAnswer(ask(document, dict(variables)), app)
