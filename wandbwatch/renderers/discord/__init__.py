"""Reports as the messages of one Discord webhook, within all of Discord's limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wandbwatch import plots
from wandbwatch.model.queued_message import Message
from wandbwatch.model.report import Chart, Plot, Report
from wandbwatch.renderers.discord import embed as packing
from wandbwatch.renderers.discord.attachments import AttachmentBudget, Thumbnails
from wandbwatch.renderers.discord.marking import duplicate, mention, plain
from wandbwatch.renderers.discord.pictures import Pictures
from wandbwatch.renderers.discord.report import embeds

__all__ = ["duplicate", "mention", "plain", "render"]

STUDIO = Thumbnails(plots.gallery, plots.still, plots.seen)


def render(
    reports: Iterable[Report],
    png: Callable[[Plot | Chart], bytes] = plots.png,
    studio: Thumbnails | None = None,
) -> tuple[Message, ...]:
    """Return the messages that tell *reports*, in order, whole; *png* draws a plot or
    a chart, *studio* what several files look like together.

    A body is the JSON of one post without ``username``, ``avatar_url``, ``flags`` and
    thread, which are the channel's; ``attachments`` has an entry for each file, whose
    ``id`` is its place. No body mentions anybody.
    """
    pictures = Pictures(png)
    budget = AttachmentBudget(studio or STUDIO, pictures.take)
    told = (
        embed for one in reports for embed in embeds(one, pictures.draw, budget.exhibit)
    )
    return tuple(packing.messages(told))


plugin = render
