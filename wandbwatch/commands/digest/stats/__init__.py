"""What happened to runs in a span of time."""
