"""What is told of events: a card for each, or one for many."""

from wandbwatch.commands.events.cards.attached import DEFAULT, Attached
from wandbwatch.commands.events.cards.crashes import Crashes
from wandbwatch.commands.events.cards.ending import Ends
from wandbwatch.commands.events.cards.folding import reports
from wandbwatch.commands.events.cards.greeting import greeting, present
from wandbwatch.commands.events.cards.many import Project

__all__ = ["DEFAULT", "Attached", "Crashes", "Ends", "Project", "greeting"]
__all__ += ["present", "reports"]
