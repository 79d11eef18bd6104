"""The operator's view; nothing here is reachable for others."""

from flask import Blueprint, abort, g, jsonify
from flask.typing import ResponseReturnValue

from filebox import storage
from filebox.db import get_db

bp = Blueprint("admin", __name__)


@bp.before_request
def require_admin() -> None:
    if g.user is None:
        abort(401)
    if not g.user["is_admin"]:
        abort(403)


@bp.get("/usage")
def usage() -> ResponseReturnValue:
    rows = get_db().execute(
        "SELECT u.name, count(f.id) AS files, coalesce(sum(f.size), 0) AS bytes"
        " FROM users u LEFT JOIN files f ON f.owner_id = u.id GROUP BY u.id ORDER BY u.name"
    )
    return jsonify([dict(row) for row in rows])


@bp.get("/space")
def space() -> ResponseReturnValue:
    return jsonify(space=storage.free_space())
