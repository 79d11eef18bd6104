"""Links that let anyone who has them read one file."""

import secrets

from flask import Blueprint, abort, g, jsonify, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from filebox import repository, storage
from filebox.auth import login_required
from filebox.files import own_file
from filebox.schemas import ShareIn, read_json

bp = Blueprint("shares", __name__)


@bp.post("/shares/")
@login_required
def create() -> ResponseReturnValue:
    data = read_json(ShareIn)
    token = secrets.token_urlsafe(24)
    share_id = repository.add_share(own_file(data.file_id), token, data.message, data.days)
    return jsonify(id=share_id, link=url_for("shares.show", token=token)), 201


@bp.get("/shares/")
@login_required
def list_shares() -> ResponseReturnValue:
    return jsonify([dict(row) for row in repository.shares_of(g.user["id"])])


@bp.delete("/shares/<int:share_id>")
@login_required
def revoke(share_id: int) -> ResponseReturnValue:
    if not repository.delete_share(share_id, g.user["id"]):
        abort(404)
    return "", 204


@bp.get("/s/<token>")
def show(token: str) -> ResponseReturnValue:
    share = repository.open_share(token)
    if share is None:
        abort(404)
    return render_template("share.html", share=share)


@bp.get("/s/<token>/download")
def download(token: str) -> ResponseReturnValue:
    share = repository.open_share(token)
    if share is None:
        abort(404)
    path = storage.path_of(share["owner_id"], share["stored"])
    return send_file(path, download_name=share["stored"], as_attachment=True)
