import os

from flask import Flask

from service.extensions import db, limiter, login_manager


def create_app():
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.environ["SECRET_KEY"],
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        UPLOAD_FOLDER=os.environ["UPLOAD_FOLDER"],
        MAX_CONTENT_LENGTH=2_000_000,
    )
    for extension in (db, limiter, login_manager):
        extension.init_app(app)

    from service.admin import admin
    from service.api import api
    from service.session import session_bp

    app.register_blueprint(session_bp)
    app.register_blueprint(api, url_prefix="/api/v1")
    app.register_blueprint(admin, url_prefix="/admin")
    return app
