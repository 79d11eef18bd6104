"""Display preferences, kept in a cookie."""

import base64
import pickle
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from filebox.auth import login_required

bp = Blueprint("settings", __name__)
COOKIE = "preferences"
DEFAULTS = {"theme": "light", "page_size": 50}
THEMES = ("light", "dark")


def read_preferences() -> dict[str, Any]:
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return DEFAULTS
    return {**DEFAULTS, **pickle.loads(base64.b64decode(cookie))}


@bp.get("/")
@login_required
def show() -> ResponseReturnValue:
    return jsonify(read_preferences())


@bp.post("/")
@login_required
def change() -> ResponseReturnValue:
    theme = request.form.get("theme", "light")
    page_size = request.form.get("page_size", 50, type=int)
    if theme not in THEMES or not 1 <= page_size <= 200:
        abort(400)
    preferences = {"theme": theme, "page_size": page_size}
    response = jsonify(preferences)
    response.set_cookie(
        COOKIE,
        base64.b64encode(pickle.dumps(preferences)).decode(),
        max_age=31_536_000,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response
