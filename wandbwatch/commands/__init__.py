"""One file, one command: a generator of reports named like its file."""
