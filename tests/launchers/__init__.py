"""Experiments through real launchers; Slurm and Ray are started for them.

Not part of the test suite: run ``python -m tests.launchers``, or name some of slurm,
ray, systemd, kubernetes and gpus. The last two run with stand-ins only. It names what
is missing for a launcher that cannot run here. The exit code is then 77, unless a test
failed.
"""
