"""A picture for tests that are not about pictures."""

from __future__ import annotations

from wandbwatch.model.report import Chart, Plot
from wandbwatch.renderers.discord.attachments import Thumbnails

PNG = b"\x89PNG\r\n\x1a\n"


def png(_drawn: Plot | Chart) -> bytes:
    return PNG


STUDIO = Thumbnails(lambda _: PNG, lambda _: PNG, lambda given: given)
