"""The front door: it parses a line, connects the parts and prints the answer."""
