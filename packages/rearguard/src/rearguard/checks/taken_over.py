"""Settings that other files take over whole, `from shop.settings.base import *`, and give another value."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import is_development_name
from rearguard.checks.base import Context
from rearguard.program import MODULE_BODY

__all__ = ["is_given_anew", "taken_over"]


def taken_over(context: Context, path: str, name: str) -> Iterator[tuple[ValueView, ...]]:
    """For each file that runs in production and takes over all of this one, what it gives the name itself."""
    linker = context.view.linker
    for taker, starred in linker.star_imports.items():
        if path in starred and not is_development_name(taker, ""):
            body = f"{taker}::{MODULE_BODY}"
            stores = linker.contents(body).stores.get(name, ())
            yield tuple(ValueView(context.view, body, store.args[0]) for store in stores)


def is_given_anew(context: Context, fid: str, name: str) -> bool:
    """Whether a setting of a file is nowhere in use: every file that takes it over gives it another value."""
    path, _, body = fid.rpartition("::")
    given = list(taken_over(context, path, name)) if body == MODULE_BODY else []
    return bool(given) and all(given)
