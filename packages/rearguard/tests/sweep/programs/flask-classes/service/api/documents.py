import os
import uuid

from flask import Blueprint, abort, current_app, jsonify, request, send_file, send_from_directory
from flask.views import MethodView
from flask_login import current_user
from werkzeug.utils import secure_filename

from service.extensions import db
from service.models import Document, Share

documents = Blueprint("documents", __name__)
ALLOWED = {"pdf", "png"}


def shown(document):
    return {"id": document.id, "name": document.name}


class DocumentList(MethodView):
    def get(self):
        found = current_user.documents.limit(50)
        return jsonify([shown(d) for d in found])  # OK: list-other

    def post(self):
        sent = request.files["file"]
        ending = sent.filename.rsplit(".", 1)[-1].lower()
        if ending not in ALLOWED:
            abort(400)
        path = os.path.join(current_app.config["UPLOAD_FOLDER"], f"{uuid.uuid4().hex}.{ending}")
        sent.save(path)  # OK: upload
        document = Document(name=secure_filename(sent.filename), path=path, uploader_id=current_user.id)
        db.session.add(document)
        db.session.commit()
        return jsonify(shown(document)), 201


class DocumentItem(MethodView):
    def get(self, document_id):
        document = Document.query.get_or_404(document_id)
        if not document.can_be_seen_by(current_user):
            abort(404)
        return jsonify(shown(document))  # OK: read-other

    def put(self, document_id):
        document = Document.owned(document_id, current_user)
        document.name = request.json["name"][:200]
        db.session.commit()  # OK: update-other
        return jsonify(shown(document))

    def delete(self, document_id):
        document = Document.query.get_or_404(document_id)  # BAD: insecure-direct-object-reference delete-other
        db.session.delete(document)
        db.session.commit()
        return "", 204


class DocumentRaw(MethodView):
    init_every_request = False

    def __init__(self, model):
        self.model = model

    def _find(self, key):
        return self.model.query.get_or_404(key)

    def get(self, key):
        return jsonify(shown(self._find(key)))  # BAD: insecure-direct-object-reference read-other

    def patch(self, key):
        document = self._find(key)  # BAD: insecure-direct-object-reference update-other
        document.name = request.json["name"][:200]
        db.session.commit()
        return jsonify(shown(document))


class Content(MethodView):
    def get(self, document_id):
        document = Document.owned(document_id, current_user)
        return send_file(document.path)  # OK: file-other

    def post(self, document_id):
        document = db.session.get(Document, document_id)  # BAD: insecure-direct-object-reference file-other
        return send_file(document.path)


class Shares(MethodView):
    def delete(self, document_id, share_id):
        document = Document.owned(document_id, current_user)
        share = Share.query.filter_by(id=share_id, document_id=document.id).first_or_404()
        db.session.delete(share)
        db.session.commit()  # OK: parent-other
        return "", 204

    def put(self, document_id, share_id):
        Document.owned(document_id, current_user)
        share = Share.query.get_or_404(share_id)  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
        share.address = request.json["address"][:255]
        db.session.commit()
        return "", 204


class Upload(MethodView):
    def post(self):
        sent = request.files["file"]
        sent.save(os.path.join(current_app.config["UPLOAD_FOLDER"], sent.filename))  # BAD: path-traversal|unrestricted-upload upload
        return "", 201


class Named(MethodView):
    def get(self, name):
        return send_from_directory(current_app.config["UPLOAD_FOLDER"], name)  # OK: file-path

    def post(self, name):
        with open(current_app.config["UPLOAD_FOLDER"] + "/" + request.json["name"]) as handle:  # BAD: path-traversal file-path
            return handle.read()


documents.add_url_rule("/", view_func=DocumentList.as_view("list"))
documents.add_url_rule("/<int:document_id>", view_func=DocumentItem.as_view("item"))
documents.add_url_rule("/<int:key>/raw", view_func=DocumentRaw.as_view("raw", Document))
documents.add_url_rule("/<int:document_id>/content", view_func=Content.as_view("content"))
documents.add_url_rule("/<int:document_id>/shares/<int:share_id>", view_func=Shares.as_view("shares"))
documents.add_url_rule("/upload", view_func=Upload.as_view("upload"))
documents.add_url_rule("/named/<name>", view_func=Named.as_view("named"))
