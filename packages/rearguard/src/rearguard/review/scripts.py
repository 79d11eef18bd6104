"""The scripts that run in browsers: a program of their own beside the server's, in another world."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from rearguard.analysis.values import Values, analyse
from rearguard.frontends.page_scripts import BROWSER, read_page_scripts, writes_markup
from rearguard.link import Linker, ModuleIndex
from rearguard.models import Models, ModelView
from rearguard.models import browser as libraries
from rearguard.program import Module, Source

__all__ = ["Scripts", "follow_scripts", "is_written_by_hand"]

_TEMPLATES = ("jinja", "ejs", "handlebars")
_SERVES = re.compile(rb"\brequire\s*\(|\bmodule\.exports\b|^\s*(?:import|export)\b|\bprocess\.", re.MULTILINE)
_BROWSES = re.compile(rb"\bdocument\.|\bwindow\.|\$\(|\blocation\.")
_BANNER = re.compile(
    rb"\s*(?:/\*!|/\*\*?[^/]{0,400}(?:@license|@preserve|copyright|licen[sc]e[ds]?\b))", re.IGNORECASE
)
_FOREIGN = re.compile(
    r"(?:^|/)(?:vendors?|libs?|third[_-]?party|plugins?|node_modules|bower_components|dist|ckeditor\w*|tinymce|"
    r"codemirror|ace|mathjax|rest_framework|admin|bootstrap\w*|jquery\w*|swagger\w*|datatables\w*)/|"
    r"(?:^|/)(?:jquery|bootstrap|popper|vue|react|angular|d3|moment|lodash|underscore|select2|chart|modernizr|"
    r"htmx|alpine|socket\.io|highlight|prism|materialize|semantic|foundation|datatables)\b[\w.-]*\.js$",
    re.IGNORECASE,
)
MAX_BYTES = 150_000
"""Size of a script beyond which it is somebody's library."""


@dataclass(frozen=True)
class Scripts:
    """The scripts, linked, and what their values do."""

    view: ModelView
    values: Values


def is_written_by_hand(path: str, text: bytes) -> bool:
    """Whether a script for browsers is part of the project, and writes something to a page."""
    return (
        len(text) <= MAX_BYTES
        and not _FOREIGN.search(path)
        and _BANNER.match(text) is None
        and writes_markup(text)
    )


@cache
def _models() -> Models:
    return Models(libraries.LIBRARIES)


def _modules(sources: Iterable[Source], modules: Mapping[str, Module]) -> dict[str, Module]:
    found: dict[str, Module] = {}
    for source in sources:
        module = modules.get(source.path)
        if source.language in _TEMPLATES:
            module = read_page_scripts(source.text)
        elif source.language == "javascript":
            if _SERVES.search(source.text) or not _BROWSES.search(source.text):
                continue
            if not is_written_by_hand(source.path, source.text):
                continue
        elif source.language != BROWSER:
            continue
        if module is not None:
            found[source.path] = module
    return found


def follow_scripts(sources: Iterable[Source], modules: Mapping[str, Module]) -> Scripts | None:
    """Link and follow the scripts among the sources; `None` when there are none."""
    found = _modules(sources, modules)
    if not found:
        return None
    models = _models()
    linker = Linker(found, models.aliases, ModuleIndex(found, None))
    linker.run()
    view = ModelView(linker, models)
    view.texts = {source.path: source.text for source in sources if source.path in found}
    return Scripts(view, analyse(view, ()))
