"""The tables this room carries, read once."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["table"]


@cache
def table(name: str) -> dict[str, Any]:
    """The JSON object in `data/<name>.json`. Raises `FileNotFoundError` for a name that is not carried."""
    text = files("rearguard.standards").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
