"""What a training script is given: one JSON object, made of what a user wrote.

Pure: words, files' texts and a schema go in, the objects' texts come out. What is
wrong is a UsageError of one line, and nothing is started.
"""

from wandbwatch.hyperparameters.expand import Search, Sets, sets
from wandbwatch.hyperparameters.parse import Given, given

__all__ = ["Given", "Search", "Sets", "given", "sets"]
