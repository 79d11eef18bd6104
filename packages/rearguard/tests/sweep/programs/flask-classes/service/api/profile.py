from flask import Blueprint, jsonify, request
from flask_login import current_user

from service.extensions import db
from service.models import Customer

profile = Blueprint("profile", __name__)


@profile.route("/")
def show():
    return jsonify(current_user.to_dict())  # OK: mass-read


@profile.route("/full")
def show_full():
    return jsonify(current_user.as_json())  # BAD: excessive-data-exposure mass-read


@profile.route("/", methods=["PUT"])
def update():
    current_user.username = request.json["username"][:80]
    db.session.commit()  # OK: self-promote
    return "", 204


@profile.route("/all", methods=["PUT"])
def update_all():
    data = request.get_json()
    for field in ("username", "role"):
        if field in data:
            setattr(current_user, field, data[field])  # BAD: mass-assignment self-promote
    db.session.commit()
    return "", 204


@profile.route("/bulk", methods=["POST"])
def update_bulk():
    Customer.query.filter_by(id=current_user.id).update(request.get_json())  # BAD: mass-assignment mass-write
    db.session.commit()
    return "", 204
