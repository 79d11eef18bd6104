"""Files of the current user."""

import sqlite3

import requests
from flask import (
    Blueprint,
    abort,
    current_app,
    g,
    jsonify,
    render_template,
    request,
    send_file,
    send_from_directory,
)
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from filebox import remote, storage
from filebox.auth import login_required
from filebox.db import get_db
from filebox.repository import SORTS, Files
from filebox.schemas import FetchIn, FileChange, read_json

bp = Blueprint("files", __name__)


def own_files() -> Files:
    return Files(get_db(), g.user["id"])


def own_file(file_id: int) -> sqlite3.Row:
    row = own_files().get(file_id)
    if row is None:
        abort(404)
    return row


@bp.get("/")
@login_required
def list_files() -> ResponseReturnValue:
    term = request.args.get("q", "")
    sort = request.args.get("sort", "title")
    if len(term) > 100 or sort not in SORTS:
        abort(400)
    limit = min(max(request.args.get("limit", 50, type=int), 1), 200)
    return render_template("files.html", files=own_files().search(term, sort, limit), term=term)


@bp.get("/summary")
@login_required
def summarize() -> ResponseReturnValue:
    rows = own_files().summary(request.args.get("by", "kind"))
    if rows is None:
        abort(400)
    return jsonify({str(row["label"]): row["n"] for row in rows})


@bp.post("/")
@login_required
def upload() -> ResponseReturnValue:
    file = request.files["file"]
    name = secure_filename(file.filename or "")
    if not name or len(name) > 120:
        abort(400)
    content = file.read()
    remote.scan(name, content)
    storage.write(g.user["id"], name, content)
    return jsonify(id=own_files().add(name, file.mimetype[:100], len(content)), name=name), 201


@bp.post("/fetch")
@login_required
def fetch() -> ResponseReturnValue:
    try:
        name, kind, content = remote.download(read_json(FetchIn).url)
    except remote.DestinationRefused:
        return jsonify(error="This address is not allowed"), 422
    except requests.RequestException:
        current_app.logger.warning("a download failed", exc_info=True)
        return jsonify(error="The address did not answer"), 502
    storage.write(g.user["id"], name, content)
    return jsonify(id=own_files().add(name, kind[:100], len(content)), name=name), 201


@bp.get("/preview")
@login_required
def preview() -> ResponseReturnValue:
    name = request.args.get("name", "")
    row = own_files().named(name)
    if row is None:
        return render_template("missing.html", name=name[:120]), 404
    text = storage.read_start(g.user["id"], row["stored"])
    return text, 200, {"Content-Type": "text/plain; charset=utf-8"}


@bp.get("/by-name/<path:name>")
@login_required
def download_by_name(name: str) -> ResponseReturnValue:
    return send_from_directory(storage.folder_of(g.user["id"]), name, as_attachment=True)


@bp.get("/<int:file_id>")
@login_required
def show(file_id: int) -> ResponseReturnValue:
    row = own_file(file_id)
    return jsonify(id=row["id"], title=row["title"], kind=row["kind"], size=row["size"])


@bp.get("/<int:file_id>/content")
@login_required
def download(file_id: int) -> ResponseReturnValue:
    row = own_file(file_id)
    path = storage.path_of(g.user["id"], row["stored"])
    return send_file(path, download_name=row["stored"], as_attachment=True)


@bp.get("/<int:file_id>/checksum")
@login_required
def checksum(file_id: int) -> ResponseReturnValue:
    algorithm = request.args.get("algorithm", "sha256")
    if algorithm not in storage.ALGORITHMS:
        abort(400)
    path = storage.path_of(g.user["id"], own_file(file_id)["stored"])
    return jsonify(algorithm=algorithm, checksum=storage.checksum(path, algorithm))


@bp.patch("/<int:file_id>")
@login_required
def rename(file_id: int) -> ResponseReturnValue:
    change = read_json(FileChange)
    if not own_files().rename(file_id, change.title):
        abort(404)
    return jsonify(id=file_id, title=change.title)


@bp.delete("/<int:file_id>")
@login_required
def delete(file_id: int) -> ResponseReturnValue:
    if not own_files().delete(file_id):
        abort(404)
    return "", 204
