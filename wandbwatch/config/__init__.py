"""watch.toml, and what it needs of this machine: paths, secrets, times."""
