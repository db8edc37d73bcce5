"""Local runs for tests: real ones that the SDK writes, and synthetic ones."""
