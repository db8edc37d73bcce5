"""Reports of events: one card each, or one for many."""

from wandbwatch.commands.events.cards.attached import DEFAULT, CardAttachments
from wandbwatch.commands.events.cards.crashes import CrashCards
from wandbwatch.commands.events.cards.end_card import EndCards
from wandbwatch.commands.events.cards.first_look import greeting, present
from wandbwatch.commands.events.cards.group_card import ProjectPage
from wandbwatch.commands.events.cards.reports import reports

__all__ = [
    "DEFAULT",
    "CardAttachments",
    "CrashCards",
    "EndCards",
    "ProjectPage",
    "greeting",
]
__all__ += ["present", "reports"]
