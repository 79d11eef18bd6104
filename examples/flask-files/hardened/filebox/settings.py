"""Display preferences, kept in a cookie."""

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from filebox.auth import login_required
from filebox.schemas import Preferences

bp = Blueprint("settings", __name__)
COOKIE = "preferences"


def read_preferences() -> Preferences:
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return Preferences()
    try:
        return Preferences.model_validate_json(cookie)
    except ValidationError:
        current_app.logger.info("a preferences cookie did not fit and was ignored")
        return Preferences()


@bp.get("/")
@login_required
def show() -> ResponseReturnValue:
    return jsonify(read_preferences().model_dump())


@bp.post("/")
@login_required
def change() -> ResponseReturnValue:
    try:
        preferences = Preferences.model_validate(request.form.to_dict())
    except ValidationError:
        abort(400)
    response = jsonify(preferences.model_dump())
    response.set_cookie(
        COOKIE,
        preferences.model_dump_json(),
        max_age=31_536_000,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response
