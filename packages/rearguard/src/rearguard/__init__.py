"""Rearguard: reads a backend, proves what is wrong, and shows the evidence."""

__all__ = ["__version__"]

__version__ = "0.1.0"
