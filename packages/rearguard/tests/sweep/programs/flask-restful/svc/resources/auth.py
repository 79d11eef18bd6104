from flask_jwt_extended import create_access_token
from flask_restful import Resource, reqparse
from passlib.hash import pbkdf2_sha256

from svc.limits import limiter
from svc.models import PersonModel

parser = reqparse.RequestParser()
parser.add_argument("username", type=str, required=True)
parser.add_argument("password", type=str, required=True)


class Login(Resource):
    decorators = [limiter.limit("5/minute")]

    def post(self):
        data = parser.parse_args()
        person = PersonModel.find_by_username(data["username"])
        if person and person.matches(data["password"]):
            return {"access_token": create_access_token(identity=str(person.id))}  # OK: login-unlimited
        return {"message": "Invalid credentials"}, 401  # OK: enumeration


class LegacyLogin(Resource):
    def post(self):  # BAD: missing-rate-limit login-unlimited
        data = parser.parse_args()
        person = PersonModel.find_by_username(data["username"])
        if not person:
            return {"message": "Unknown user"}, 404  # BAD: user-enumeration enumeration
        if not person.matches(data["password"]):
            return {"message": "Wrong password"}, 401
        return {"access_token": create_access_token(identity=str(person.id))}


class Register(Resource):
    def post(self):
        data = parser.parse_args()
        if PersonModel.find_by_username(data["username"]):
            return {"message": "taken"}, 400
        person = PersonModel(username=data["username"], password=pbkdf2_sha256.hash(data["password"]))
        person.save_to_db()
        return {"message": "created"}, 201
