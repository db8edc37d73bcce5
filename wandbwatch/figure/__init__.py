"""Plots as PNG pictures. Nothing else of wandbwatch imports matplotlib."""

from __future__ import annotations

from wandbwatch.figure.keeping import keep, png

__all__ = ["keep", "png"]
