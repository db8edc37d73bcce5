"""The watch.toml of this machine: found, checked with the grammar, edited."""
