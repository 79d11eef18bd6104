"""Ids across modules, and the language family of a file."""

_FAMILY = {"python": "python", "jinja": "python"}


def family_of(language: str) -> str:
    """The language family whose models apply: `python` or `javascript`."""
    return _FAMILY.get(language, "javascript")


def function_id(path: str, name: str) -> str:
    """The id of a function or class across modules."""
    return f"{path}::{name}"
