"""Experiments through real launchers: Slurm and Ray are started for it.

Not among the other tests: ``python -m tests.launchers [slurm] [ray] [systemd]``. What
can't run here is said, with what is missing, and makes the exit code 77 where nothing
failed.
"""
