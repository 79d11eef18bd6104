"""Files of the current user."""

import sqlite3

import requests
from flask import Blueprint, abort, g, jsonify, render_template, request, send_file, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from filebox import remote, storage
from filebox.auth import login_required
from filebox.db import get_db
from filebox.repository import Files

bp = Blueprint("files", __name__)


def own_file(file_id: int) -> sqlite3.Row:
    row = Files(get_db()).get(file_id)
    if row is None or row["owner_id"] != g.user["id"]:
        abort(404)
    return row


@bp.get("/")
@login_required
def list_files() -> ResponseReturnValue:
    term = request.args.get("q", "")
    limit = min(max(request.args.get("limit", 50, type=int), 1), 200)
    rows = Files(get_db()).search(g.user["id"], term, request.args.get("sort", "title"), limit)
    return render_template("files.html", files=rows, term=term)


@bp.get("/summary")
@login_required
def summarize() -> ResponseReturnValue:
    rows = Files(get_db()).summary(g.user["id"], request.args.get("by", "kind"))
    return jsonify({str(row["label"]): row["n"] for row in rows})


@bp.post("/")
@login_required
def upload() -> ResponseReturnValue:
    file = request.files["file"]
    name = secure_filename(file.filename or "")
    if not name:
        abort(400)
    content = file.read()
    remote.scan(name, content)
    storage.write(g.user["id"], name, content)
    file_id = Files(get_db()).add(g.user["id"], name, file.mimetype, len(content))
    return jsonify(id=file_id, name=name), 201


@bp.post("/fetch")
@login_required
def fetch() -> ResponseReturnValue:
    try:
        name, kind, content = remote.download(request.get_json()["url"])
    except requests.RequestException as error:
        return jsonify(error=str(error)), 502
    storage.write(g.user["id"], name, content)
    file_id = Files(get_db()).add(g.user["id"], name, kind, len(content))
    return jsonify(id=file_id, name=name), 201


@bp.get("/preview")
@login_required
def preview() -> ResponseReturnValue:
    name = request.args.get("name", "")
    try:
        return storage.read_start(g.user["id"], name), 200, {"Content-Type": "text/plain; charset=utf-8"}
    except (FileNotFoundError, IsADirectoryError):
        return f"<p>There is no file called {name}.</p>", 404


@bp.get("/by-name/<path:name>")
@login_required
def download_by_name(name: str) -> ResponseReturnValue:
    return send_from_directory(storage.folder_of(g.user["id"]), name, as_attachment=True)


@bp.get("/<int:file_id>")
@login_required
def show(file_id: int) -> ResponseReturnValue:
    row = Files(get_db()).get(file_id)
    if row is None:
        abort(404)
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
    path = storage.path_of(g.user["id"], own_file(file_id)["stored"])
    return jsonify(algorithm=algorithm, checksum=storage.checksum(path, algorithm))


@bp.patch("/<int:file_id>")
@login_required
def rename(file_id: int) -> ResponseReturnValue:
    data = request.get_json()
    if not Files(get_db()).rename(file_id, g.user["id"], data["title"]):
        abort(404)
    return jsonify(id=file_id, title=data["title"])


@bp.delete("/<int:file_id>")
@login_required
def delete(file_id: int) -> ResponseReturnValue:
    repository = Files(get_db())
    if repository.get(file_id) is None:
        abort(404)
    repository.delete(file_id)
    return "", 204
