from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.security import check_password_hash

from ledger.models import Member

bp = Blueprint("signin", __name__)


@bp.get("/login")
def login():
    return render_template("login.html")


@bp.post("/login")
def check():
    member = Member.query.filter_by(email=request.form["email"]).first()
    if member is None or not check_password_hash(member.password_hash, request.form["password"]):
        return render_template("login.html", error="Wrong address or password"), 401
    session.clear()
    session["member_id"] = member.id
    return redirect(request.args.get("next") or "/")  # BAD: open-redirect redirect-next


@bp.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("signin.login"))  # OK: redirect-next
