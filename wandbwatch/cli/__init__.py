"""The command line: parse a line, wire up its parts, and print the report."""
