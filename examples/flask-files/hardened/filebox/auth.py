"""Sessions: who is logged in, and what needs it."""

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import check_password_hash, generate_password_hash

from filebox.db import get_db
from filebox.protection import limiter

bp = Blueprint("auth", __name__, url_prefix="/auth")

# A path of this site: one leading slash, and no second slash or backslash, which would start a host.
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\s]*")

# Checked when no account matches, so that the answer takes as long as for a wrong password.
UNKNOWN_USER_HASH = generate_password_hash(secrets.token_urlsafe())


def local_path(target: str, default: str) -> str:
    return target if LOCAL_PATH.fullmatch(target) else default


def load_user() -> None:
    user_id = session.get("user_id")
    g.user = None
    if user_id is not None:
        g.user = get_db().execute("SELECT id, name, is_admin FROM users WHERE id = ?", (user_id,)).fetchone()


def login_required(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if g.user is None:
            if request.method == "GET" and request.accept_mimetypes.accept_html:
                return redirect(url_for("auth.login", next=request.full_path))
            abort(401)
        return view(*args, **kwargs)

    return guarded


@bp.route("/login", methods=["GET", "POST"])
@limiter.limit("20 per 15 minutes", methods=["POST"])
def login() -> ResponseReturnValue:
    failed = False
    if request.method == "POST":
        name, password = request.form.get("name", "")[:80], request.form.get("password", "")[:200]
        user = get_db().execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()
        matches = check_password_hash(user["password_hash"] if user else UNKNOWN_USER_HASH, password)
        if user and matches:
            session.clear()
            session.permanent = True
            session["user_id"] = user["id"]
            current_app.logger.info("login of user %s", user["id"])
            return redirect(local_path(request.args.get("next", ""), url_for("files.list_files")), 303)
        current_app.logger.warning("login failed for user %s", user["id"] if user else None)
        failed = True
    return render_template("login.html", failed=failed), 401 if failed else 200


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("auth.login"), 303)


@bp.cli.command("add-user")
@click.argument("name")
@click.password_option()
def add_user(name: str, password: str) -> None:
    """Add an account."""
    row = (name, generate_password_hash(password))
    connection = get_db()
    connection.execute("INSERT INTO users (name, password_hash) VALUES (?, ?)", row)
    connection.commit()
