import os
from datetime import timedelta

from flask import Flask
from flask_jwt_extended import JWTManager
from flask_restful import Api

from svc.models import db
from svc.resources.auth import Login, LegacyLogin, Register
from svc.resources.tasks import Task, TaskComment, TaskExport, TaskList, TaskNote, TaskSearch
from svc.resources.people import Ban, People, Person, Role

jwt = JWTManager()


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["JWT_SECRET_KEY"] = os.environ["JWT_SECRET_KEY"]
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(minutes=15)
    db.init_app(app)
    jwt.init_app(app)
    api = Api(app, prefix="/api")
    api.add_resource(Login, "/login")
    api.add_resource(LegacyLogin, "/login/legacy")
    api.add_resource(Register, "/register")
    api.add_resource(TaskList, "/tasks")
    api.add_resource(Task, "/tasks/<int:task_id>")
    api.add_resource(TaskNote, "/tasks/<int:task_id>/note")
    api.add_resource(TaskComment, "/tasks/<int:task_id>/comments/<int:comment_id>")
    api.add_resource(TaskExport, "/tasks/export")
    api.add_resource(TaskSearch, "/tasks/search")
    api.add_resource(People, "/people")
    api.add_resource(Person, "/people/me")
    api.add_resource(Ban, "/people/<int:person_id>/ban")
    api.add_resource(Role, "/people/<int:person_id>/role")
    return app
