"""`error-handling`: clients get a generic answer and an id, the log gets the rest."""

import re

from rearguard.implement.controls.script import exports, require, types
from rearguard.implement.controls.seen import error_handlers, last_handlers
from rearguard.implement.draft import Draft
from rearguard.implement.plan import PresentError, RefusedError
from rearguard.implement.settings import Settings

__all__ = ["put"]


def put(draft: Draft, settings: Settings) -> None:
    """Put error handlers into the application."""
    app = draft.app
    if app.framework == "django":
        raise RefusedError(
            "Django answers generic pages by itself once DEBUG is off: `rearguard review` says where it "
            "is on, "
            "`rearguard fix` turns it off"
        )
    there = error_handlers(app)
    if app.framework == "express":
        there = last_handlers(app)
        if there:
            raise PresentError(_own(there))
        _express(draft)
    elif app.framework == "flask":
        if there:
            raise PresentError(_own(there))
        draft.module("error handling", "flask/error_handling.py", {}, "init_error_handling", "the handler")
        draft.after_construction(f"init_error_handling({app.variable})", "for every view")
        draft.test("error handling", "flask/test_error_handling.py", {})
    else:
        _fastapi(draft)


def _own(place: str) -> str:
    return (
        f"the application handles errors at {place}. What that handler tells clients is for `rearguard "
        f"review` "
        "(error-exposure) and `rearguard fix`"
    )


_PARTS = {"Exception": "unexpected", "RequestValidationError": "invalid"}


def _fastapi(draft: Draft) -> None:
    app = draft.app
    handled = _handled(draft)
    wanted = [part for kind, part in _PARTS.items() if kind not in handled]
    if not wanted:
        raise PresentError("handlers for Exception and RequestValidationError are registered")
    for kind in _PARTS:
        if kind in handled:
            draft.saw(f"A handler for {kind} is registered already and stays.")
    if "invalid" in wanted:
        draft.saw("FastAPI sends rejected values back to the client, a password for one: this ends that.")
    unexpected, invalid = "unexpected" in wanted, "invalid" in wanted
    imports = ["import logging"] + (["import secrets"] if unexpected else [])
    imports += ["", "from fastapi import FastAPI, Request"]
    imports += ["from fastapi.encoders import jsonable_encoder"] if invalid else []
    imports += ["from fastapi.exceptions import RequestValidationError"] if invalid else []
    imports += ["from fastapi.responses import JSONResponse"]
    handlers = "\n".join(draft.text(f"fastapi/error_handling_{part}.py") for part in wanted)
    draft.module(
        "error handling",
        "fastapi/error_handling.py",
        {"imports": "\n".join(imports), "handlers": handlers},
        "install_error_handling",
        "the handlers",
    )
    draft.after_construction(f"install_error_handling({app.variable})", "for every route")
    brought = ["import logging", "", "import pytest"] if unexpected else []
    brought += ["from fastapi.testclient import TestClient"]
    brought += ["from pydantic import BaseModel"] if invalid else []
    tests = "\n\n".join(draft.text(f"fastapi/test_error_handling_{part}.py") for part in wanted)
    draft.test(
        "error handling",
        "fastapi/test_error_handling.py",
        {"imports": "\n".join(brought), "tests": f"\n{tests}"},
    )


def _handled(draft: Draft) -> set[str]:
    """Names of exceptions that have handlers."""
    found: set[str] = set()
    for source in draft.app.texts("python"):
        text = source.text.decode("utf-8", "replace")
        found |= set(re.findall(r"exception_handler\(\s*([A-Za-z_.]+)", text))
    return {name.rpartition(".")[2] for name in found}


def _express(draft: Draft) -> None:
    app = draft.app
    esm_types = types(app, "NextFunction, Request, Response")
    imports = "\n".join(
        (require(app, "{ randomUUID }", "node:crypto"), require(app, "{ STATUS_CODES }", "node:http"))
    )
    path = draft.module(
        "error handling",
        "express/error-handling.js",
        {**exports(app, "errorHandler", "notFound"), "imports": f"{imports}\n{esm_types}"},
        "errorHandler, notFound",
        "the handlers",
    )
    end = app.tree.semicolon
    draft.after_registrations(
        f"{app.variable}.use(notFound){end}\n{app.variable}.use(errorHandler){end}",
        "after all routes, where Express looks for them",
    )
    if re.search(
        r"\"express\"\s*:\s*\"[~^]?4", "".join(t.decode("utf-8", "replace") for t in app.manifests.values())
    ):
        draft.leave(
            "Express 4 does not pass a rejected promise to it: wrap async handlers, or move to Express 5."
        )
    parses = any(
        b"express.json(" in source.text
        or b"bodyParser.json(" in source.text
        or b"bodyParser()" in source.text
        for source in app.texts("javascript", "typescript")
    )
    wiring = draft.text("express/error-handling-wiring.test.txt") if parses else ""
    draft.test(
        "error handling",
        "express/error-handling.test.mjs",
        {"module": draft.name_of(path), "wiring_test": "\n" + wiring},
    )
