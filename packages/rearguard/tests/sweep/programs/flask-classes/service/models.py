from flask_login import UserMixin
from werkzeug.security import check_password_hash, generate_password_hash

from service.extensions import db, login_manager


class Customer(UserMixin, db.Model):
    __tablename__ = "customers"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True)
    password_digest = db.Column(db.String(256))
    role = db.Column(db.String(20), default="customer")
    documents = db.relationship("Document", back_populates="uploader", lazy="dynamic")

    def set_password(self, raw):
        self.password_digest = generate_password_hash(raw)

    def check_password(self, raw):
        return check_password_hash(self.password_digest, raw)

    @property
    def is_admin(self):
        return self.role == "admin"

    def to_dict(self):
        return {"id": self.id, "username": self.username}

    def as_json(self):
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class Document(db.Model):
    __tablename__ = "documents"
    id = db.Column(db.Integer, primary_key=True)
    uploader_id = db.Column(db.Integer, db.ForeignKey("customers.id"), nullable=False)
    name = db.Column(db.String(200))
    path = db.Column(db.String(255))
    public = db.Column(db.Boolean, default=False)
    uploader = db.relationship(Customer, back_populates="documents")

    @classmethod
    def owned(cls, document_id, customer):
        return cls.query.filter(cls.id == document_id, cls.uploader_id == customer.id).first_or_404()

    def can_be_seen_by(self, customer):
        return self.public or self.uploader_id == customer.id


class Share(db.Model):
    __tablename__ = "shares"
    id = db.Column(db.Integer, primary_key=True)
    document_id = db.Column(db.Integer, db.ForeignKey("documents.id"), nullable=False)
    address = db.Column(db.String(255))


@login_manager.user_loader
def load_customer(customer_id):
    return db.session.get(Customer, int(customer_id))
