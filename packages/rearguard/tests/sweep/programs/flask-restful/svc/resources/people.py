from functools import wraps

from flask import request
from flask_jwt_extended import get_jwt, get_jwt_identity, jwt_required, verify_jwt_in_request
from flask_restful import Resource

from svc.models import PersonModel


def admin_required(fn):
    @wraps(fn)
    def wrapper(*args, **kwargs):
        verify_jwt_in_request()
        if get_jwt().get("role") != "admin":
            return {"message": "Admins only!"}, 403
        return fn(*args, **kwargs)

    return wrapper


class People(Resource):
    @admin_required
    def get(self):
        return [person.json() for person in PersonModel.query.limit(100)]  # OK: no-admin


class Person(Resource):
    @jwt_required()
    def get(self):
        return PersonModel.find_by_id(get_jwt_identity()).json_all()  # BAD: excessive-data-exposure mass-read

    @jwt_required()
    def put(self):
        person = PersonModel.find_by_id(get_jwt_identity())
        person.username = request.get_json()["username"][:80]
        person.save_to_db()
        return person.json()  # OK: self-promote; OK: mass-read

    @jwt_required()
    def patch(self):
        person = PersonModel.find_by_id(get_jwt_identity())
        for key, value in request.get_json().items():
            setattr(person, key, value)  # BAD: mass-assignment self-promote
        person.save_to_db()
        return person.json()


class Ban(Resource):
    @admin_required
    def post(self, person_id):
        person = PersonModel.find_by_id(person_id)
        person.banned = True
        person.save_to_db()
        return {}, 204  # OK: no-admin

    @jwt_required()
    def delete(self, person_id):
        person = PersonModel.find_by_id(person_id)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
        person.banned = False
        person.save_to_db()
        return {}, 204


class Role(Resource):
    def post(self, person_id):  # BAD: missing-authentication no-login
        person = PersonModel.find_by_id(person_id)
        person.role = "editor"
        person.save_to_db()
        return {}, 204
