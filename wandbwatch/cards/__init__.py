"""What is told of events: a card for each, or one for many."""

from wandbwatch.cards.attached import DEFAULT, Attached
from wandbwatch.cards.crashes import Crashes
from wandbwatch.cards.ending import Ends
from wandbwatch.cards.folding import reports
from wandbwatch.cards.greeting import greeting, present
from wandbwatch.cards.many import Project

__all__ = ["DEFAULT", "Attached", "Crashes", "Ends", "Project", "greeting"]
__all__ += ["present", "reports"]
