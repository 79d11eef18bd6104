"""How a module of JavaScript or TypeScript says what it takes and gives."""

import re

from rearguard.implement.application import Application
from rearguard.implement.layout import is_esm
from rearguard.implement.manifests import declared

__all__ = ["exports", "require", "types"]

_BUILTIN = "assert|buffer|child_process|crypto|events|fs|http|https|net|os|path|stream|url|util"
_PREFIXED = re.compile(rb"""(?:from|import|require\()\s*['"]node:""")
_BARE = re.compile(rf"""(?:from|import|require\()\s*['"](?:{_BUILTIN})(?:/\w+)?['"]""".encode())


def exports(app: Application, *names: str) -> dict[str, str]:
    """The fields `export`, in front of what is exported, and `export_end`, after everything."""
    if is_esm(app):
        return {"export": "export ", "export_end": ""}
    return {"export": "", "export_end": f"\nmodule.exports = {{ {', '.join(names)} }};\n"}


def require(app: Application, what: str, package: str) -> str:
    """An import of a package: `helmet` its default, `{ rateLimit }` members."""
    if package.startswith("node:") and not _prefixes(app):
        package = package.removeprefix("node:")
    if is_esm(app):
        return f"import {what} from '{package}';"
    return f"const {what} = require('{package}');"


def _prefixes(app: Application) -> bool:
    """Whether what Node brings is imported as `node:fs`: as the project does it, and where nothing shows how,
    unless it runs under Jest, which knows no prefix before version 27.
    """
    texts = [source.text for source in app.texts("javascript", "typescript", "tsx")]
    if any(map(_PREFIXED.search, texts)):
        return True
    return not any(map(_BARE.search, texts)) and not declared(app.manifests, "jest")


def types(app: Application, names: str) -> str:
    """The import of types of Express, for TypeScript."""
    return f"import type {{ {names} }} from 'express';\n\n" if app.is_typescript else ""
