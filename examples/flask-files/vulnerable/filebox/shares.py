"""Links that let anyone who has them read one file."""

import secrets

from flask import Blueprint, abort, g, jsonify, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from filebox import repository, storage
from filebox.auth import login_required
from filebox.files import own_file

bp = Blueprint("shares", __name__)


@bp.post("/shares/")
@login_required
def create() -> ResponseReturnValue:
    data = request.get_json()
    file = own_file(data["file_id"])
    token = secrets.token_urlsafe(24)
    share_id = repository.add_share(file["id"], token, data.get("message", ""), data.get("days", 7))
    return jsonify(id=share_id, link=url_for("shares.show", token=token)), 201


@bp.get("/shares/")
def list_shares() -> ResponseReturnValue:
    owner_id = request.args.get("owner", type=int)
    if owner_id is None:
        owner_id = g.user["id"] if g.user else abort(401)
    return jsonify([dict(row) for row in repository.shares_of(owner_id)])


@bp.delete("/shares/<int:share_id>")
def revoke(share_id: int) -> ResponseReturnValue:
    if not repository.delete_share(share_id):
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
