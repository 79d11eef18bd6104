"""`audit-log`: what was changed, refused or failed stands in a trail that shows tampering."""

from rearguard.implement import layout
from rearguard.implement.controls.django import middleware, require
from rearguard.implement.controls.script import exports, types
from rearguard.implement.controls.script import require as brought
from rearguard.implement.draft import Draft
from rearguard.implement.settings import Settings

__all__ = ["put"]

_WORDS = "audit log"
_NAMES = {"fastapi": "AuditLog", "flask": "init_audit_log", "express": "auditLog", "django": "AuditLog"}
_IMPORTS = {
    "fastapi": "from starlette.concurrency import run_in_threadpool\n"
    "from starlette.types import ASGIApp, Message, Receive, Scope, Send",
    "flask": "from flask import Flask, Response, request",
    "django": "from django.http import HttpRequest, HttpResponse",
}
_TEST_IMPORTS = {"fastapi": "from fastapi.testclient import TestClient", "flask": "from flask import Flask"}
_CLIENTS = {
    "fastapi": "TestClient(app, raise_server_exceptions=False)",
    "flask": "served.test_client()",
}


def put(draft: Draft, settings: Settings) -> None:
    """Put the trail around every route."""
    app = draft.app
    draft.saw(
        "Recorded are requests that may change something, that are refused (401, 403, 429) or that "
        "fail, without "
        "bodies, queries and headers. Call record() for what only the application knows, such as who "
        "logged in."
    )
    draft.leave("Set AUDIT_KEY to 256 random bits and AUDIT_LOG to a path that only this service writes.")
    draft.leave("Ship the file elsewhere: whoever owns this machine can cut off its end.")
    if app.framework == "express":
        _express(draft)
        return
    fields = {
        "imports": _IMPORTS[app.framework],
        "middleware": draft.text(f"{app.framework}/audit_log_middleware.py") + "\n",
        "time_import": "import time\nfrom collections.abc import Callable\n"
        if app.framework == "django"
        else "import time\n",
        "module": _module(draft),
    }
    if app.framework == "django":
        require(draft)
        path = draft.new_module(_WORDS, "python/audit_log.py", fields, "the trail")
        middleware(draft, f"{draft.name_of(path)}.AuditLog", first=True)
        draft.test(_WORDS, "django/test_audit_log.py", {"module": draft.name_of(path)})
        return
    path = draft.module(_WORDS, "python/audit_log.py", fields, _NAMES[app.framework], "the trail")
    if app.framework == "fastapi":
        draft.around(f"{app.variable}.add_middleware(AuditLog)", "around every route", outermost=True)
    else:
        draft.after_construction(f"init_audit_log({app.variable})", "around every route")
    draft.test(
        _WORDS,
        "python/test_audit_log.py",
        {
            "module": draft.name_of(path),
            "client": _CLIENTS[app.framework],
            "test_imports": _TEST_IMPORTS[app.framework],
            "collections": "from collections import defaultdict\n" if app.framework == "flask" else "",
            "served": "served: Flask, " if app.framework == "flask" else "",
        },
    )


def _module(draft: Draft) -> str:
    return layout.import_root(draft.app, layout.home(draft.app, _WORDS).path)[1]


def _express(draft: Draft) -> None:
    app = draft.app
    imports = "\n".join(
        (
            brought(app, "{ createHmac }", "node:crypto"),
            brought(app, "{ appendFileSync, existsSync, readFileSync }", "node:fs"),
        )
    )
    typed = types(app, "NextFunction, Request, Response").rstrip("\n")
    path = draft.module(
        _WORDS,
        "express/audit-log.js",
        {
            **exports(app, "auditLog", "firstBroken", "record"),
            "imports": f"{imports}\n\n{typed}" if typed else imports,
        },
        "auditLog",
        "the trail",
    )
    draft.before_registrations(f"{app.variable}.use(auditLog){app.tree.semicolon}", "around every route")
    draft.test(_WORDS, "express/audit-log.test.mjs", {"module": draft.name_of(path)})
