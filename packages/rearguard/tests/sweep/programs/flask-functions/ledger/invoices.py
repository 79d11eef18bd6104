import os

from flask import Blueprint, abort, current_app, g, jsonify, request, send_file
from werkzeug.utils import secure_filename

from ledger.deps import signed_in
from ledger.models import Invoice, Remark, db

bp = Blueprint("invoices", __name__)


def shown(invoice):
    return {"id": invoice.id, "title": invoice.title, "amount": invoice.amount}


@bp.get("/<int:invoice_id>")
@signed_in
def read(invoice_id):
    invoice = db.get_or_404(Invoice, invoice_id)
    if invoice.issued_by != g.member.id:
        abort(404)
    return jsonify(shown(invoice))  # OK: read-other


@bp.get("/<int:invoice_id>/summary")
@signed_in
def summary(invoice_id):
    invoice = db.get_or_404(Invoice, invoice_id)  # BAD: insecure-direct-object-reference read-other
    return jsonify(shown(invoice))


@bp.get("/")
@signed_in
def mine():
    found = Invoice.query.filter_by(issued_by=g.member.id).limit(50).all()
    return jsonify([shown(invoice) for invoice in found])  # OK: list-other


@bp.get("/recent")
@signed_in
def recent():
    found = Invoice.query.order_by(Invoice.id.desc()).limit(50).all()  # BAD: insecure-direct-object-reference list-other
    return jsonify([shown(invoice) for invoice in found])


@bp.post("/<int:invoice_id>/title")
@signed_in
def retitle(invoice_id):
    invoice = db.get_or_404(Invoice, invoice_id)  # BAD: insecure-direct-object-reference update-other
    invoice.title = request.form["title"][:200]
    db.session.commit()
    return jsonify(shown(invoice))


@bp.post("/<int:invoice_id>/amount")
@signed_in
def set_amount(invoice_id):
    invoice = Invoice.query.filter_by(id=invoice_id, issued_by=g.member.id).first_or_404()
    invoice.amount = request.form.get("amount", type=int)
    db.session.commit()  # OK: update-other
    return jsonify(shown(invoice))


@bp.post("/<int:invoice_id>/remarks")
@signed_in
def add_remark(invoice_id):
    invoice = Invoice.query.filter_by(id=invoice_id, issued_by=g.member.id).first_or_404()
    db.session.add(Remark(invoice_id=invoice.id, body=request.form["body"][:500]))
    db.session.commit()
    return "", 201


@bp.delete("/remarks/<int:remark_id>")
@signed_in
def drop_remark(remark_id):
    remark = db.get_or_404(Remark, remark_id)
    if remark.invoice.issued_by != g.member.id:
        abort(403)
    db.session.delete(remark)  # OK: parent-other
    db.session.commit()
    return "", 204


@bp.delete("/<int:invoice_id>/remarks/<int:remark_id>")
@signed_in
def drop_remark_of(invoice_id, remark_id):
    Invoice.query.filter_by(id=invoice_id, issued_by=g.member.id).first_or_404()
    remark = db.get_or_404(Remark, remark_id)  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
    db.session.delete(remark)
    db.session.commit()
    return "", 204


@bp.get("/<int:invoice_id>/attachment")
@signed_in
def attachment(invoice_id):
    invoice = Invoice.query.filter_by(id=invoice_id, issued_by=g.member.id).first_or_404()
    name = secure_filename(invoice.attachment)
    return send_file(os.path.join(current_app.config["UPLOADS"], name))  # OK: file-path


@bp.get("/attachments")
@signed_in
def attachment_by_name():
    path = os.path.join(current_app.config["UPLOADS"], request.args["name"])
    return send_file(path)  # BAD: path-traversal file-path
