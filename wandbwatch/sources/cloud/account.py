"""Who we are to a W&B server, and how that is remembered."""

from __future__ import annotations

from typing import Any

from wandbwatch.model.errors import NotAuthorisedError, SourceError
from wandbwatch.model.ports import Viewer
from wandbwatch.sources.cloud import credentials, session, sidecar
from wandbwatch.sources.cloud.environment import prepared


class CloudAccount:
    """Logs in and looks up by the wandb package, as its own commands do."""

    def login(self, key: str, server: str | None) -> Viewer:
        """Verify *key*, and save it in the netrc file for *server*.

        A *server* is remembered in wandb's settings too, as ``wandb login --host``
        does. Raises NotAuthorisedError for a bad key, which is not saved.
        """
        key = key.strip()
        if not key:
            raise NotAuthorisedError("no API key given; nothing changed")
        opening = session.Session(server, key)
        viewer = opening.ask(lambda api: _viewer(api, opening.server))
        opening.ask(lambda _: _save(key, server))
        session.forget()
        sidecar.kill()  # with it goes what wandb holds of the key for this process
        if credentials.netrc_key(viewer.server) != key:
            path = credentials.netrc_path()
            raise SourceError(f"could not save the API key in {path}; is it writable?")
        return _with_key_from(viewer, str(credentials.netrc_path()))

    def whoami(self, server: str | None) -> Viewer:
        opened = session.session(server)
        viewer = opened.ask(lambda api: _viewer(api, opened.server))
        foreign = not opened.configured
        place = str(credentials.netrc_path()) if foreign else None
        return _with_key_from(viewer, place or credentials.key_from(viewer.server))


def _viewer(api: Any, server: str) -> Viewer:
    viewer = api.viewer
    return Viewer(
        server=server,
        user=viewer.username or "",
        entity=viewer.entity or "",
        teams=tuple(viewer.teams),
        key_from="",
    )


def _with_key_from(viewer: Viewer, place: str) -> Viewer:
    return Viewer(viewer.server, viewer.user, viewer.entity, viewer.teams, place)


def _save(key: str, server: str | None) -> None:
    import wandb  # noqa: PLC0415 (imported when it is needed)

    with prepared():
        wandb.login(key=key, host=server, verify=False, relogin=True)
