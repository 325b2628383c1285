"""Unknot: from where it hurts to the points that explain it, for neuromuscular massage therapy."""

__version__ = "0.1.0"
