"""File storage with share links."""

import traceback

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from filebox import admin, auth, db, files, settings, shares
from filebox.config import Config


def handle_error(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return jsonify(error=error.name), error.code or 500
    return jsonify(error="Internal error", trace=traceback.format_exc()), 500


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_object(Config)
    app.register_error_handler(Exception, handle_error)
    app.teardown_appcontext(db.close_db)
    app.before_request(auth.load_user)
    app.register_blueprint(auth.bp)
    app.register_blueprint(files.bp, url_prefix="/files")
    app.register_blueprint(shares.bp)
    app.register_blueprint(settings.bp, url_prefix="/settings")
    app.register_blueprint(admin.bp, url_prefix="/admin")
    app.add_url_rule("/health", "health", lambda: {"status": "ok"})
    with app.app_context():
        db.init_db()
    return app
