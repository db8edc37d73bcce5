"""Many megabytes of a log at once: the only part of the reader that imports numpy."""
