"""`jwt-refresh`: login with short-lived access tokens and refresh tokens that are used once."""

import posixpath
import re

from rearguard.implement import layout
from rearguard.implement.controls.script import exports, require
from rearguard.implement.controls.simplejwt import put_django
from rearguard.implement.draft import Draft
from rearguard.implement.plan import Package, PresentError, RefusedError
from rearguard.implement.settings import Settings
from rearguard.program import Function

__all__ = ["put"]

_JWT = Package("pyjwt", ">=2.10,<3", "the maintained JWT library; algorithm and claims are pinned")
_JOSE = Package("jose", "^6.2.0", "the maintained JOSE library; algorithm, type and claims are pinned")
_LIMIT = Package("express-rate-limit", "^8.7.0", "passwords must not be guessed at this door either")
_NAMES = {"fastapi": "router as auth_router", "flask": "auth_blueprint", "express": "authRouter"}
_STANDARD = "import hashlib\nimport logging\nimport os\n{}import secrets\nimport sqlite3\nimport time"
_REFRESHES = re.compile(r"(?:^|[/_-])refresh", re.IGNORECASE)
_TAKES_PASSWORD = re.compile(r"^(?:password|passwd|plain_password|plainPassword)$")


def put(draft: Draft, settings: Settings) -> None:
    """Put the routes of tokens into the application; who checks a password has to be said."""
    app = draft.app
    if app.framework == "django":
        _ask_routes(draft)
        put_django(draft, _audience(settings))
        return
    draft.ask_present("auth tokens", _NAMES[app.framework])
    _ask_routes(draft)
    path, name = _authenticate(draft, settings.get("authenticate"))
    audience = _audience(settings)
    draft.saw(f"Passwords are checked by {name} ({path}), which gives the subject of the tokens, or nothing.")
    draft.brings("POST /auth/login", "POST /auth/refresh", "POST /auth/logout")
    draft.leave(
        "Set AUTH_TOKEN_KEY to 256 random bits in every environment; the routes refuse to work without."
    )
    {"fastapi": _fastapi, "flask": _flask, "express": _express}[app.framework](draft, path, name, audience)


def _audience(settings: Settings) -> str:
    audience = settings.get("audience")
    if not re.fullmatch(r"https://[a-z0-9.-]+(?::\d+)?(?:/[\w./-]*)?", audience):
        raise RefusedError(
            "say for whom the tokens are, with the address of this service: "
            "--set audience=https://api.example.com"
        )
    return audience


def _ask_routes(draft: Draft) -> None:
    """Raises PresentError where the application refreshes tokens, RefusedError where it answers our paths."""
    posted = [route for route in draft.app.routes if route.method in ("POST", "*")]
    for route in posted:
        if _REFRESHES.search(route.path):
            place = route.span
            line = draft.app.program.sources[place.path].line_of(place.start)
            raise PresentError(
                f"the application refreshes tokens at POST {route.path} ({place.path}:{line}). What "
                "that route does with a token that comes back is for a person to read"
            )
    taken = [route.path for route in posted if route.path in ("/auth/login", "/auth/logout")]
    if taken:
        raise RefusedError(
            f"the application answers POST {' and '.join(dict.fromkeys(taken))} already, where this "
            "control would: a second login beside it is not put in"
        )


def _misfit(draft: Draft, function: Function) -> str:
    """Why a function cannot be called with a username and a password, or ""."""
    positional = [each for each in function.params if each.kind == "positional"]
    owed = [each for each in function.params if each.kind == "keyword" and each.default < 0]
    takes_rest = any(each.kind == "rest" for each in function.params)
    if owed or any(each.default < 0 for each in positional[2:]) or (len(positional) < 2 and not takes_rest):
        return f"it takes {', '.join(each.name for each in function.params) or 'nothing'}"
    return "it is asynchronous" if draft.app.is_python and function.is_async else ""


def _authenticate(draft: Draft, given: str) -> tuple[str, str]:
    """The file and name of the function that checks a password. Raises RefusedError with candidates."""
    functions = draft.app.program.linker.functions
    if given:
        path, _, name = given.partition(":")
        if f"{path}::{name}" not in functions:
            raise RefusedError(
                f"--set authenticate={given}: there is no function {name!r} at the top of {path!r}"
            )
        odd = _misfit(draft, functions[f"{path}::{name}"])
        if odd:
            raise RefusedError(
                f"{given} cannot be called with a username and a password: {odd}. Write a function "
                "that can, which gives the user's id, or None (null) when they do not fit, and name that one"
            )
        return path, name
    found = sorted(
        f"{draft.app.program.linker.module_of[fid]}:{function.name}"
        for fid, function in functions.items()
        if fid.count("::") == 1
        and "." not in fid.rpartition("::")[2]
        and any(_TAKES_PASSWORD.match(each.name) for each in function.params)
    )
    shown = (
        f" Candidates: {', '.join(found[:5])}. Where one takes more, write a function around it"
        if found
        else ""
    )
    raise RefusedError(
        "say which function checks a password: --set authenticate=PATH:NAME, called with username and "
        "password, "
        f"which gives the user's id, or None (null) when they do not fit.{shown}"
    )


def _authenticate_import(draft: Draft, path: str, name: str) -> str:
    """The line that brings the function that checks a password into the new module, as `authenticate`."""
    app = draft.app
    imported = layout.python_import(app, app.path, path).format(names=name)
    if imported.startswith("from ."):
        imported = f"from .{posixpath.basename(path).removesuffix('.py')} import {name}"
    return imported if name == "authenticate" else f"{imported} as authenticate"


def _fastapi(draft: Draft, path: str, name: str, audience: str) -> None:
    draft.package(_JWT)
    module = draft.module(
        "auth tokens",
        "python/auth_tokens.py",
        {
            "standard_imports": f"{_STANDARD.format('')}\nfrom collections.abc import Iterator\n"
            "from contextlib import contextmanager\nfrom typing import Annotated",
            "imports": "import jwt\n"
            "from fastapi import APIRouter, Depends, HTTPException, Request, Response\n"
            "from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer\n"
            "from pydantic import BaseModel, ConfigDict, Field",
            "import_authenticate": _authenticate_import(draft, path, name),
            "audience": audience,
            "declarations": draft.text("fastapi/auth_tokens_declarations"),
            "routes": draft.text("fastapi/auth_tokens_routes.py"),
        },
        _NAMES["fastapi"],
        "login, refresh, logout, and the dependency current_subject",
    )
    draft.after_construction(f"{draft.app.variable}.include_router(auth_router)", "answers /auth")
    _stays(draft, "Depends(current_subject)")
    draft.test(
        "auth tokens",
        "python/test_auth_tokens.py",
        {
            "typing_imports": "from typing import Annotated\n",
            "client_imports": "from fastapi import Depends, FastAPI\n"
            "from fastapi.testclient import TestClient",
            "client": "TestClient",
            "make_client": "TestClient(app, raise_server_exceptions=False)",
            "served": "",
            "collections": "",
            "guard_test": draft.text("fastapi/test_auth_tokens_guard"),
            "import_module": _module_import(draft.name_of(module)),
        },
    )


def _flask(draft: Draft, path: str, name: str, audience: str) -> None:
    draft.package(_JWT)
    module = draft.module(
        "auth tokens",
        "python/auth_tokens.py",
        {
            "standard_imports": f"{_STANDARD.format('import re' + chr(10))}\n"
            "from collections.abc import Callable, Iterator\nfrom contextlib import contextmanager\n"
            "from functools import wraps\nfrom typing import Any, TypeVar, cast",
            "imports": "import jwt\nfrom flask import Blueprint, Response, g, jsonify, request",
            "import_authenticate": _authenticate_import(draft, path, name),
            "audience": audience,
            "declarations": draft.text("flask/auth_tokens_declarations"),
            "routes": draft.text("flask/auth_tokens_routes.py"),
        },
        _NAMES["flask"],
        "login, refresh, logout, and the decorator require_subject",
    )
    draft.after_construction(f"{draft.app.variable}.register_blueprint(auth_blueprint)", "answers /auth")
    _stays(draft, "@require_subject below the route")
    draft.test(
        "auth tokens",
        "python/test_auth_tokens.py",
        {
            "typing_imports": "",
            "client_imports": "from flask import Flask, g\nfrom flask.testing import FlaskClient",
            "client": "FlaskClient",
            "make_client": "served.test_client()",
            "served": "served: Flask, ",
            "collections": "from collections import defaultdict\n",
            "guard_test": draft.text("flask/test_auth_tokens_guard"),
            "import_module": _module_import(draft.name_of(module)),
        },
    )


def _module_import(name: str) -> str:
    """How a test imports the module itself."""
    package, _, module = name.rpartition(".")
    return f"from {package} import {module}" if package else f"import {module}"


def _stays(draft: Draft, guard: str) -> None:
    draft.leave(
        f"Protect routes with {guard}. The tokens lie in the SQLite file AUTH_TOKEN_DATABASE: with several "
        "hosts, move the two tables into your database."
    )


def _express(draft: Draft, path: str, name: str, audience: str) -> None:
    app = draft.app
    for package in (_JOSE, _LIMIT):
        draft.package(package)
    brought = "\n".join(
        (
            require(app, "{ createHash, randomBytes }", "node:crypto"),
            "",
            require(app, "{ Router, json }", "express"),
            require(app, "{ rateLimit }", "express-rate-limit"),
            require(app, "{ SignJWT, errors, jwtVerify }", "jose"),
        )
    )
    if app.is_typescript:
        brought += "\nimport type { NextFunction, Request, Response } from 'express';"
    module = draft.module(
        "auth tokens",
        "express/auth-tokens.js",
        {
            **exports(app, "RefreshTokens", "accessToken", "authRouter", "requireSubject"),
            "imports": brought,
            "audience": audience,
        },
        "authRouter",
        "login, refresh, logout, and the middleware requireSubject",
    )
    if path != app.path:
        draft.import_into(app.path, path, name)
    quote = app.tree.quote
    draft.before_registrations(
        f"{app.variable}.use({quote}/auth{quote}, authRouter({name})){app.tree.semicolon}", "answers /auth"
    )
    draft.leave(
        "Protect routes with requireSubject. Refresh tokens are kept in this process: with several, or "
        "to survive a "
        "restart, keep the rows in your database."
    )
    draft.test(
        "auth tokens", "express/auth-tokens.test.mjs", {"module": draft.name_of(module), "audience": audience}
    )
