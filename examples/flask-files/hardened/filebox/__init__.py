"""File storage with share links."""

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from filebox import admin, auth, db, files, settings, shares
from filebox.config import load_config
from filebox.protection import csrf, limiter

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(load_config())
    csrf.init_app(app)
    limiter.init_app(app)

    @app.errorhandler(Exception)
    def handle_error(error: Exception) -> ResponseReturnValue:
        if isinstance(error, HTTPException):
            return jsonify(error=error.name), error.code or 500
        app.logger.error("unhandled error", exc_info=error)
        return jsonify(error="Internal error"), 500

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        response.headers.update(SECURITY_HEADERS)
        return response

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
