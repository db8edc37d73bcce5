"""Terminal commands that manage wandbwatch itself; not allowed in lists of lines."""
