from flask import Flask

from ledger import invoices, members, signin
from ledger.models import db
from ledger.settings import Settings


def create_app():
    app = Flask(__name__)
    app.config.from_object(Settings)
    db.init_app(app)
    app.register_blueprint(signin.bp)
    app.register_blueprint(invoices.bp, url_prefix="/invoices")
    app.register_blueprint(members.bp, url_prefix="/members")
    return app
