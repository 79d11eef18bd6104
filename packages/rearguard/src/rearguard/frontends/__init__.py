"""Bytes to modules and settings: one reader per language, none of which raises on input."""

from rearguard.frontends.ejs import read_ejs
from rearguard.frontends.handlebars import read_handlebars
from rearguard.frontends.javascript import read_javascript
from rearguard.frontends.jinja import read_jinja
from rearguard.frontends.page_scripts import BROWSER
from rearguard.frontends.pug import read_pug
from rearguard.frontends.python import read_python
from rearguard.frontends.settings import MAX_SETTINGS_BYTES, SETTINGS_KINDS, read_settings, settings_kind
from rearguard.frontends.straight import straightened
from rearguard.program import Module

__all__ = [
    "MAX_SETTINGS_BYTES",
    "SETTINGS_KINDS",
    "read",
    "read_ejs",
    "read_handlebars",
    "read_javascript",
    "read_jinja",
    "read_pug",
    "read_python",
    "read_settings",
    "settings_kind",
]


def read(text: bytes, language: str) -> Module:
    """Lower one file. `language` is one that `Module.language` names; KeyError on another."""
    match language:
        case "python":
            return straightened(read_python(text))
        case "javascript" | "typescript" | "tsx":
            return straightened(read_javascript(text, language))
        case "jinja":
            return read_jinja(text)
        case "browser":
            module = read_javascript(text, "javascript")
            module.language = BROWSER
            return module
        case "ejs":
            return read_ejs(text)
        case "handlebars":
            return read_handlebars(text)
        case "pug":
            return read_pug(text)
    raise KeyError(language)
