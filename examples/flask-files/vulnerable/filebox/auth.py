"""Sessions: who is logged in, and what needs it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import check_password_hash, generate_password_hash

from filebox.db import get_db

bp = Blueprint("auth", __name__, url_prefix="/auth")


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
def login() -> ResponseReturnValue:
    failed = False
    if request.method == "POST":
        name, password = request.form.get("name", ""), request.form.get("password", "")
        user = get_db().execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()
        if user and check_password_hash(user["password_hash"], password):
            session.clear()
            session["user_id"] = user["id"]
            target = request.args.get("next") or url_for("files.list_files")
            return redirect(target, 303)
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
