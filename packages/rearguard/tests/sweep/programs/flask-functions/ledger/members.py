from flask import Blueprint, g, jsonify, request

from ledger.deps import signed_in, staff_only
from ledger.models import Member, db

bp = Blueprint("members", __name__)


@bp.get("/")
@staff_only
def everybody():
    found = Member.query.limit(100).all()
    return jsonify([{"id": m.id, "name": m.name} for m in found])  # OK: no-admin


@bp.post("/<int:member_id>/admin")
@staff_only
def promote(member_id):
    member = db.get_or_404(Member, member_id)
    member.is_admin = True
    db.session.commit()
    return "", 204  # OK: no-admin


@bp.delete("/<int:member_id>")  # BAD: missing-authorization|insecure-direct-object-reference no-admin
@signed_in
def remove(member_id):
    db.session.delete(db.get_or_404(Member, member_id))
    db.session.commit()
    return "", 204


@bp.post("/<int:member_id>/email")  # BAD: missing-authentication no-login
def set_email(member_id):
    member = db.get_or_404(Member, member_id)
    member.email = request.form["email"]
    db.session.commit()
    return "", 204


@bp.post("/me")
@signed_in
def set_profile():
    for key, value in request.get_json().items():
        setattr(g.member, key, value)  # BAD: mass-assignment mass-write
    db.session.commit()
    return "", 204


@bp.post("/me/name")
@signed_in
def set_name():
    g.member.name = request.form["name"][:80]
    db.session.commit()  # OK: mass-write
    return "", 204
