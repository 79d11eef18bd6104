"""What is advised before a handler that asks for no login: what verifies one elsewhere, by its name."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

APP = """
import os
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import Column, Integer
from sqlalchemy.orm import Session, declarative_base
from db import get_db
app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer("/token")
Base = declarative_base()
class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
def known(token: str = Depends(oauth2_scheme)):
    try:
        return jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
@app.post("/notes")
def add(user=Depends(known), db: Session = Depends(get_db)):
    db.add(Note()); db.commit()
@app.put("/notes")
def change(user=Depends(known), db: Session = Depends(get_db)):
    db.query(Note).update({"id": 1}); db.commit()
@app.delete("/notes")
def drop(db: Session = Depends(get_db)):
    db.query(Note).delete(); db.commit()
"""
FLASK = """
from flask import Flask, abort, session
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
@app.post("/notes")
def add():
    if "uid" not in session:
        abort(401)
    db.session.add(Note()); db.session.commit()
    return {}
@app.put("/notes")
def change():
    if "uid" not in session:
        abort(401)
    Note.query.update({"id": 1}); db.session.commit()
    return {}
@app.delete("/notes")
def drop():
    Note.query.delete(); db.session.commit()
    return {}
"""


@pytest.mark.parametrize(
    ("app", "advice"),
    [(APP, "Put `known` before this handler"), (FLASK, "Require a verified session or token")],
)
def test_what_to_put_before_it(findings_of: Found, app: str, advice: str) -> None:
    found = findings_of({"app.py": app}, "missing-authentication")
    assert [one.advice.startswith(advice) for one in found] == [True]
