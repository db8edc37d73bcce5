"""Let the processes of a test find its commands: a file here is one command more."""

from pathlib import Path

import wandbwatch.commands

wandbwatch.commands.__path__.append(str(Path(__file__).parent))
