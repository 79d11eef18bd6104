from flask import request
from flask_jwt_extended import get_jwt_identity, jwt_required
from flask_restful import Resource, abort
from sqlalchemy import text

from svc.models import CommentModel, TaskModel, db


def own_task(task_id):
    task = TaskModel.find_by_id(task_id)
    if task is None or str(task.assignee_id) != get_jwt_identity():
        abort(404, message="no such task")
    return task


class TaskList(Resource):
    @jwt_required()
    def get(self):
        return [task.json() for task in TaskModel.of(int(get_jwt_identity()))]  # OK: list-other

    @jwt_required()
    def post(self):
        body = request.get_json()
        task = TaskModel(title=body["title"][:120], assignee_id=int(get_jwt_identity()))
        task.save_to_db()
        return task.json(), 201


class Task(Resource):
    @jwt_required()
    def get(self, task_id):
        return own_task(task_id).json()  # OK: read-other

    @jwt_required()
    def put(self, task_id):
        task = own_task(task_id)
        task.title = request.get_json()["title"][:120]
        task.save_to_db()
        return task.json()  # OK: update-other

    @jwt_required()
    def delete(self, task_id):
        task = TaskModel.find_by_id(task_id)  # BAD: insecure-direct-object-reference delete-other
        if task:
            task.delete_from_db()
        return {}, 204


class TaskNote(Resource):
    method_decorators = [jwt_required()]

    def get(self, task_id):
        task = TaskModel.find_by_id(task_id)  # BAD: insecure-direct-object-reference read-other
        if not task:
            return {"message": "not found"}, 404
        return {"note": task.note}

    def patch(self, task_id):
        task = TaskModel.find_by_id(task_id)  # BAD: insecure-direct-object-reference update-other
        task.note = request.get_json()["note"][:500]
        task.save_to_db()
        return {}, 204


class TaskComment(Resource):
    method_decorators = [jwt_required()]

    def delete(self, task_id, comment_id):  # OK: parent-other
        task = own_task(task_id)
        comment = CommentModel.find_by_id(comment_id)
        if comment is None or comment.task_id != task.id:
            abort(404)
        comment.delete_from_db()
        return {}, 204

    def post(self, task_id, comment_id):
        own_task(task_id)
        comment = CommentModel.find_by_id(comment_id)  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
        comment.delete_from_db()
        return {}, 204


class TaskExport(Resource):
    @jwt_required()
    def get(self):
        return [task.json() for task in TaskModel.query.limit(500)]  # MISSED: insecure-direct-object-reference list-other


class TaskSearch(Resource):
    @jwt_required()
    def get(self):
        found = db.session.execute(text("SELECT id FROM tasks WHERE title = :t"), {"t": request.args["t"]})
        return [row[0] for row in found]  # OK: sql

    @jwt_required()
    def post(self):
        found = db.session.execute(text("SELECT id FROM tasks WHERE title = '" + request.json["t"] + "'"))  # BAD: sql-injection sql
        return [row[0] for row in found]
