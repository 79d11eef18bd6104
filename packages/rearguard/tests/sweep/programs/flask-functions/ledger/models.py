from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(255), unique=True, nullable=False)
    name = db.Column(db.String(80), nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    is_admin = db.Column(db.Boolean, default=False, nullable=False)


class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    issued_by = db.Column(db.Integer, db.ForeignKey("member.id"), nullable=False)
    title = db.Column(db.String(200), nullable=False)
    amount = db.Column(db.Integer, nullable=False)
    attachment = db.Column(db.String(255))


class Remark(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    invoice_id = db.Column(db.Integer, db.ForeignKey("invoice.id"), nullable=False)
    body = db.Column(db.Text, nullable=False)
    invoice = db.relationship(Invoice, backref="remarks")
