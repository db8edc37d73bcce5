"""Find this machine's watch.toml, check it with the grammar, and edit it."""
