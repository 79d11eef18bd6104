"""How a module of JavaScript or TypeScript says what it takes and gives."""

from rearguard.implement.application import Application
from rearguard.implement.layout import is_esm

__all__ = ["exports", "require", "types"]


def exports(app: Application, *names: str) -> dict[str, str]:
    """The fields `export`, in front of what is exported, and `export_end`, after everything."""
    if is_esm(app):
        return {"export": "export ", "export_end": ""}
    return {"export": "", "export_end": f"\nmodule.exports = {{ {', '.join(names)} }};\n"}


def require(app: Application, what: str, package: str) -> str:
    """An import of a package: `helmet` its default, `{ rateLimit }` members."""
    if is_esm(app):
        return f"import {what} from '{package}';"
    return f"const {what} = require('{package}');"


def types(app: Application, names: str) -> str:
    """The import of types of Express, for TypeScript."""
    return f"import type {{ {names} }} from 'express';\n\n" if app.is_typescript else ""
