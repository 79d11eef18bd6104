"""What customers make of their own needs no role, though everything else about it asks for one."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

SHOP = """
from flask import Flask, abort, request
from flask_login import LoginManager, current_user, login_required
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    role = db.Column(db.String)
class Cart(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    total = db.Column(db.Integer)
def staff():
    if current_user.role != "staff":
        abort(403)
@app.post("/orders")
@login_required
def add():
    staff()
    db.session.add(Order(total=request.json["total"]))
    db.session.commit()
    return {}
@app.put("/orders/<int:oid>")
@login_required
def change(oid):
    staff()
    Order.query.get_or_404(oid).total = request.json["total"]
    db.session.commit()
    return {}
@app.post("/orders/<int:oid>/pay")
@login_required
def pay(oid):
    staff()
    Order.query.get_or_404(oid).total = 0
    db.session.commit()
    return {}
@app.post("/orders/<int:oid>/hold")
@login_required
def hold(oid):
    staff()
    Order.query.get_or_404(oid).total = -1
    db.session.commit()
    return {}
@app.post("/orders/from-cart")
@login_required
def from_cart():
    START
    db.session.add(Order(total=request.json["total"]))
    db.session.commit()
    return {}
"""


@pytest.mark.parametrize(
    ("start", "count"),
    [
        ("cart = Cart.query.filter_by(user_id=current_user.id).first_or_404()", 0),
        ("cart = Cart.query.order_by(Cart.id).first_or_404()", 1),
        ("cart = None", 1),
    ],
)
def test_an_order_from_ones_own_cart(findings_of: Found, start: str, count: int) -> None:
    assert len(findings_of({"app.py": SHOP.replace("START", start)}, "missing-authorization")) == count
