"""Trainings that we start: written down, looked after, told of. Standard library."""
