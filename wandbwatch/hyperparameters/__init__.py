"""The JSON objects that a training script gets, made from what a user wrote.

Pure: words, the texts of files and a schema in, JSON texts out. Every mistake is a
UsageError of one line.
"""

from wandbwatch.hyperparameters.expand import ParameterSets, Search, expand
from wandbwatch.hyperparameters.parse import Parsed, parse

__all__ = ["ParameterSets", "Parsed", "Search", "expand", "parse"]
