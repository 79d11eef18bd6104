from flask import Blueprint, abort
from flask_login import current_user

from service.api.documents import documents
from service.api.profile import profile

api = Blueprint("api", __name__)


@api.before_request
def require_customer():
    if not current_user.is_authenticated:
        abort(401)


api.register_blueprint(documents, url_prefix="/documents")
api.register_blueprint(profile, url_prefix="/profile")
