from flask import Blueprint, abort, jsonify, request
from flask.views import View
from flask_login import current_user, login_required

from service.extensions import db
from service.models import Customer

admin = Blueprint("admin", __name__)


class AdminView(View):
    decorators = [login_required]

    def dispatch_request(self, **values):
        if current_user.is_admin is not True:
            abort(403)
        return self.respond(**values)

    def respond(self, **values):
        raise NotImplementedError


class CustomerList(AdminView):
    def respond(self):
        return jsonify([c.to_dict() for c in Customer.query.limit(100)])  # OK: no-admin


class CustomerDelete(AdminView):
    methods = ["POST"]

    def respond(self, customer_id):
        db.session.delete(Customer.query.get_or_404(customer_id))
        db.session.commit()  # OK: no-admin
        return "", 204


class CustomerRole(View):
    methods = ["POST"]
    decorators = [login_required]

    def dispatch_request(self, customer_id):
        customer = Customer.query.get_or_404(customer_id)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
        customer.role = "editor"
        db.session.commit()
        return "", 204


class CustomerReset(View):
    methods = ["POST"]

    def dispatch_request(self, customer_id):
        customer = Customer.query.get_or_404(customer_id)  # BAD: missing-authentication|weak-recovery no-login
        customer.set_password(request.form["password"])
        db.session.commit()
        return "", 204


class CustomerRename(View):
    methods = ["POST"]
    decorators = [login_required]

    def dispatch_request(self, customer_id):
        if request.form.get("is_admin") != "yes":  # BAD: client-controlled-identity role-claimed
            abort(403)
        customer = Customer.query.get_or_404(customer_id)
        customer.username = request.form["username"][:80]
        db.session.commit()
        return "", 204


admin.add_url_rule("/customers", view_func=CustomerList.as_view("customers"))
admin.add_url_rule("/customers/<int:customer_id>/delete", view_func=CustomerDelete.as_view("delete"))
admin.add_url_rule("/customers/<int:customer_id>/role", view_func=CustomerRole.as_view("role"))
admin.add_url_rule("/customers/<int:customer_id>/reset", view_func=CustomerReset.as_view("reset"))
admin.add_url_rule("/customers/<int:customer_id>/rename", view_func=CustomerRename.as_view("rename"))
