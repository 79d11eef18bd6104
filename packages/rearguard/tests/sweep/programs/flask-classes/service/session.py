import hmac
import os
import secrets

from flask import Blueprint, Markup, abort, current_app, flash, redirect, render_template_string, request, session, url_for
from flask_login import current_user, login_required, login_user, logout_user
from markupsafe import escape

from service.extensions import db, limiter
from service.models import Customer

session_bp = Blueprint("session", __name__)


@session_bp.route("/login", methods=["POST"])
@limiter.limit("5 per minute")
def login():
    customer = Customer.query.filter_by(username=request.form["username"]).one_or_none()
    if customer is None or not customer.check_password(request.form["password"]):
        abort(401)
    login_user(customer)
    return redirect(url_for("api.documents.list"))  # OK: login-unlimited; OK: redirect-next


@session_bp.route("/login/quick", methods=["POST"])  # BAD: missing-rate-limit login-unlimited
def login_quick():
    customer = Customer.query.filter_by(username=request.form["username"]).one_or_none()
    if customer is None:
        flash("This user does not exist")  # BAD: user-enumeration enumeration
        return redirect("/login")
    if not customer.check_password(request.form["password"]):
        flash("The password is wrong")
        return redirect("/login")
    login_user(customer)
    return redirect(request.form["next"])  # BAD: open-redirect redirect-next


@session_bp.route("/logout", methods=["POST"])
@login_required
def logout():
    logout_user()
    return redirect("/")  # OK: get-changes


@session_bp.route("/account/delete")
@login_required
def delete_account():
    customer = db.session.get(Customer, current_user.id)
    db.session.delete(customer)  # BAD: state-change-on-get|missing-csrf-protection get-changes
    db.session.commit()
    return redirect("/")


@session_bp.route("/hooks/stock", methods=["POST"])
def stock_hook():
    if request.headers.get("X-Token") != os.environ["HOOK_TOKEN"]:  # BAD: timing-unsafe-comparison compare-time
        abort(401)
    return "", 204


@session_bp.route("/hooks/price", methods=["POST"])
def price_hook():
    if not hmac.compare_digest(request.headers.get("X-Token", ""), os.environ["HOOK_TOKEN"]):
        abort(401)
    return "", 204  # OK: compare-time


@session_bp.route("/hello")
def hello():
    return f"<p>Hello {request.args.get('name', '')}</p>"  # BAD: cross-site-scripting xss-reflected


@session_bp.route("/greet")
def greet():
    return f"<p>Hello {escape(request.args.get('name', ''))}</p>"  # OK: xss-reflected


@session_bp.route("/card/<int:customer_id>")
@login_required
def card(customer_id):
    customer = db.get_or_404(Customer, customer_id)
    return render_template_string("<b>{{ name }}</b>", name=customer.username)  # OK: xss-stored


@session_bp.route("/badge/<int:customer_id>")
@login_required
def badge(customer_id):
    customer = db.get_or_404(Customer, customer_id)
    return render_template_string("<b>{{ name }}</b>", name=Markup(customer.username))  # BAD: cross-site-scripting xss-stored
