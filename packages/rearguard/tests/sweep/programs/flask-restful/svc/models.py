from flask_sqlalchemy import SQLAlchemy
from passlib.hash import pbkdf2_sha256

db = SQLAlchemy()


class PersonModel(db.Model):
    __tablename__ = "people"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True)
    password = db.Column(db.String(200))
    role = db.Column(db.String(20), default="member")
    banned = db.Column(db.Boolean, default=False)

    @classmethod
    def find_by_username(cls, username):
        return cls.query.filter_by(username=username).first()  # BAD: session-expiration switched-off

    @classmethod
    def find_by_id(cls, _id):
        return cls.query.filter_by(id=_id).first()

    def matches(self, raw):
        return pbkdf2_sha256.verify(raw, self.password)

    def json(self):
        return {"id": self.id, "username": self.username}

    def json_all(self):
        return {"id": self.id, "username": self.username, "password": self.password}

    def save_to_db(self):
        db.session.add(self)
        db.session.commit()


class TaskModel(db.Model):
    __tablename__ = "tasks"
    id = db.Column(db.Integer, primary_key=True)
    assignee_id = db.Column(db.Integer, db.ForeignKey("people.id"))
    title = db.Column(db.String(120))
    note = db.Column(db.Text)

    @classmethod
    def find_by_id(cls, _id):
        return cls.query.filter_by(id=_id).first()

    @classmethod
    def of(cls, person_id):
        return cls.query.filter_by(assignee_id=person_id).all()

    def json(self):
        return {"id": self.id, "title": self.title}

    def save_to_db(self):
        db.session.add(self)
        db.session.commit()

    def delete_from_db(self):
        db.session.delete(self)
        db.session.commit()


class CommentModel(db.Model):
    __tablename__ = "comments"
    id = db.Column(db.Integer, primary_key=True)
    task_id = db.Column(db.Integer, db.ForeignKey("tasks.id"))
    text = db.Column(db.Text)

    @classmethod
    def find_by_id(cls, _id):
        return cls.query.filter_by(id=_id).first()

    def delete_from_db(self):
        db.session.delete(self)
        db.session.commit()
