"""Whole handlers: the steps that make one safe, for scripts and for Python."""
