"""Guards of FastAPI and Flask applications: dependencies, decorators, hooks, inline checks."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

FLASK = """
import functools
import jwt
import sqlite3
from flask import Flask, Blueprint, abort, g, jsonify, redirect, request, session, url_for
from werkzeug.security import check_password_hash

app = Flask(__name__)
db = sqlite3.connect("app.db")
"""
FLASK_ERASE = """
def erase(item_id):
    db.execute("DELETE FROM items WHERE id = ?", (item_id,))
    return "", 204
"""
FASTAPI = """
import jwt
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, status
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="/token")


class Base(DeclarativeBase):
    pass


class Item(Base):
    id: int


class User(Base):
    id: int
    is_admin: bool


def get_db():
    yield Session()


Db = Annotated[Session, Depends(get_db)]
"""


def flask_row(rows: Rows, text: str) -> Row:
    return rows(FLASK + text, "main.py")["DELETE /items/<int:item_id>"]


def fastapi_row(rows: Rows, text: str) -> Row:
    return rows(FASTAPI + text, "main.py")["DELETE /items/{item_id}"]


# -- Flask ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal", ["abort(401)", "return redirect(url_for('auth.login'))", "return jsonify(error='no'), 401"]
)
def test_decorators_refuse(rows: Rows, refusal: str) -> None:
    text = f"""
def members_only(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        if session.get("user_id") is None:
            {refusal}
        return view(*args, **kwargs)
    return wrapper


@app.delete("/items/<int:item_id>")
@members_only
{FLASK_ERASE.strip()}
"""
    assert flask_row(rows, text).authentication.state == "required"


def test_decorator_factories(rows: Rows) -> None:
    text = f"""
def needs(role):
    def decorator(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            if g.user is None or g.user["role"] != role:
                abort(403)
            return view(*args, **kwargs)
        return wrapper
    return decorator


@app.delete("/items/<int:item_id>")
@needs("admin")
{FLASK_ERASE.strip()}
"""
    assert flask_row(rows, text).authorization.state == "required"


def test_before_request_of_a_blueprint(rows: Rows) -> None:
    text = """
bp = Blueprint("bp", __name__)


@bp.before_request
def gate():
    if "user_id" not in session:
        abort(401)


@bp.delete("/items/<int:item_id>")
def erase(item_id):
    db.execute("DELETE FROM items WHERE id = ?", (item_id,))
    return "", 204


app.register_blueprint(bp)
"""
    assert flask_row(rows, text).authentication.state == "required"


def test_loading_the_user_is_no_guard(rows: Rows) -> None:
    text = f"""
@app.before_request
def load():
    g.user = db.execute("SELECT * FROM users WHERE id = ?", (session.get("user_id"),)).fetchone()


@app.delete("/items/<int:item_id>")
{FLASK_ERASE.strip()}
"""
    assert flask_row(rows, text).authentication.state == "none"


def test_inline_call_that_raises(rows: Rows) -> None:
    text = """
def current():
    try:
        return jwt.decode(request.headers["Authorization"], "k", algorithms=["HS256"])
    except jwt.InvalidTokenError:
        abort(401)


@app.delete("/items/<int:item_id>")
def erase(item_id):
    current()
    db.execute("DELETE FROM items WHERE id = ?", (item_id,))
    return "", 204
"""
    assert flask_row(rows, text).authentication.state == "required"


def test_a_token_decoded_without_its_signature_is_no_guard(rows: Rows) -> None:
    text = """
@app.delete("/items/<int:item_id>")
def erase(item_id):
    claims = jwt.decode(request.headers["Authorization"], options={"verify_signature": False})
    if not claims:
        abort(401)
    db.execute("DELETE FROM items WHERE id = ?", (item_id,))
    return "", 204
"""
    assert flask_row(rows, text).authentication.state == "none"


def test_a_refusal_that_input_decides_is_no_guard(rows: Rows) -> None:
    text = """
@app.delete("/items/<int:item_id>")
def erase(item_id):
    if request.args.get("owner") is None:
        if not session.get("user_id"):
            abort(401)
    db.execute("DELETE FROM items WHERE id = ?", (item_id,))
    return "", 204
"""
    assert flask_row(rows, text).authentication.state == "none"


def test_refusing_those_who_are_logged_in_guards_nothing(rows: Rows) -> None:
    text = f"""
from flask_login import current_user


@app.before_request
def unconfirmed():
    if current_user.is_authenticated and not current_user.confirmed:
        return redirect(url_for("auth.login"))


@app.delete("/items/<int:item_id>")
{FLASK_ERASE.strip()}
"""
    assert flask_row(rows, text).authentication.state != "required"


@pytest.mark.parametrize(
    ("imported", "decorator", "expected"),
    [
        ("from flask_login import login_required", "@login_required", "required"),
        ("from flask_jwt_extended import jwt_required", "@jwt_required()", "required"),
        ("from flask_jwt_extended import jwt_required", "@jwt_required(optional=True)", "optional"),
        ("from company.guards import ensure_admin", "@ensure_admin", "unknown"),
    ],
)
def test_decorators_of_libraries(rows: Rows, imported: str, decorator: str, expected: str) -> None:
    text = f"{imported}\n\n\n@app.delete('/items/<int:item_id>')\n{decorator}\n{FLASK_ERASE.strip()}\n"
    assert flask_row(rows, text).authentication.state == expected


def test_method_views_with_decorators(rows: Rows) -> None:
    text = """
from flask.views import MethodView


def members_only(view):
    def wrapper(*args, **kwargs):
        if "user_id" not in session:
            abort(401)
        return view(*args, **kwargs)
    return wrapper


class Items(MethodView):
    decorators = [members_only]

    def delete(self, item_id):
        db.execute("DELETE FROM items WHERE id = ?", (item_id,))
        return "", 204


app.add_url_rule("/items/<int:item_id>", view_func=Items.as_view("items"))
"""
    assert flask_row(rows, text).authentication.state == "required"


# -- FastAPI --------------------------------------------------------------------------------------

CURRENT = """
def current_user(token: Annotated[str, Depends(bearer)], db: Db) -> User:
    try:
        claims = jwt.decode(token, "k", algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(status_code=status.HTTP_401_UNAUTHORIZED) from error
    user = db.get(User, claims["sub"])
    if user is None:
        raise HTTPException(401)
    return user


def admin(user: Annotated[User, Depends(current_user)]) -> User:
    if not user.is_admin:
        raise HTTPException(403)
    return user
"""


@pytest.mark.parametrize(
    ("decorator", "parameters", "authentication", "authorization"),
    [
        ("", "user: Annotated[User, Depends(current_user)], ", "required", "none"),
        ("", "user: User = Depends(current_user), ", "required", "none"),
        (", dependencies=[Depends(current_user)]", "", "required", "none"),
        (", dependencies=[Depends(admin)]", "", "required", "required"),
        (", dependencies=[Depends(bearer)]", "", "none", "none"),
        ("", "", "none", "none"),
    ],
)
def test_dependencies(
    rows: Rows, decorator: str, parameters: str, authentication: str, authorization: str
) -> None:
    default = ", db: Session = Depends(get_db)" if "= Depends" in parameters else "db: Db"
    ordered = (
        f"item_id: int, {parameters.rstrip(', ')}{default}"
        if "= Depends" in parameters
        else f"item_id: int, {parameters}{default}"
    )
    text = f"""{CURRENT}

@app.delete("/items/{{item_id}}"{decorator})
def erase({ordered}):
    db.delete(db.get(Item, item_id))
    db.commit()
"""
    row = fastapi_row(rows, text)
    assert (row.authentication.state, row.authorization.state) == (authentication, authorization)


def test_dependencies_of_a_router_cover_its_routes(rows: Rows) -> None:
    text = f"""{CURRENT}

inner = APIRouter(dependencies=[Depends(current_user)])


@inner.delete("/items/{{item_id}}")
def erase(item_id: int, db: Db):
    db.delete(db.get(Item, item_id))
    db.commit()


@app.delete("/open/{{item_id}}")
def erase_open(item_id: int, db: Db):
    db.delete(db.get(Item, item_id))
    db.commit()


app.include_router(inner)
"""
    found = rows(FASTAPI + text, "main.py")
    assert found["DELETE /items/{item_id}"].authentication.state == "required"
    assert found["DELETE /open/{item_id}"].authentication.state == "none"


def test_a_header_compared_with_a_known_key(rows: Rows) -> None:
    text = """
def known(x_api_key: Annotated[str, Header()]):
    if x_api_key != "from the environment":
        raise HTTPException(status_code=403, detail="Invalid API key")


@app.delete("/items/{item_id}", dependencies=[Depends(known)])
def erase(item_id: int, db: Db):
    db.delete(db.get(Item, item_id))
    db.commit()
"""
    assert fastapi_row(rows, text).authentication.state == "required"


def test_an_optional_user(rows: Rows) -> None:
    text = """
def maybe_user(request: Request, db: Db):
    token = request.headers.get("Authorization")
    if not token:
        return None
    try:
        return jwt.decode(token, "k", algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401)


@app.delete("/items/{item_id}")
def erase(item_id: int, db: Db, user=Depends(maybe_user)):
    db.delete(db.get(Item, item_id))
    db.commit()
"""
    assert fastapi_row(rows, text).authentication.state == "optional"


def test_refusals_on_grounds_that_cannot_be_read(rows: Rows) -> None:
    text = """
from company.plugins import provider


def caller(request: Request):
    name = provider.name_of(request)
    if not name:
        raise HTTPException(401)
    return name


@app.delete("/items/{item_id}", dependencies=[Depends(caller)])
def erase(item_id: int, db: Db):
    db.delete(db.get(Item, item_id))
    db.commit()
"""
    assert fastapi_row(rows, text).authentication.state == "unknown"


DJANGO = """
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path


class Project(models.Model):
    code = models.UUIDField()


class Member(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    user = models.IntegerField()
    is_rw = models.BooleanField()


def found(request, code):
    project = get_object_or_404(Project, code=code)
    member = get_object_or_404(Member, project=project, user=request.user)
    return project, member.is_rw


@login_required
def rename(request, code):
    project, rw = found(request, code)
    if not rw:
        raise PermissionDenied
    project.name = "new"
    project.save()
    return HttpResponse()


@login_required
def show(request, code):
    project, rw = found(request, code)
    return HttpResponse(project.name)


inner = [path("name/", rename), path("show/", show)]
urlpatterns = [path("projects/<uuid:code>/", include(inner))]
"""


def test_an_error_raised_by_its_class_refuses(rows: Rows) -> None:
    found = rows(DJANGO, "urls.py")
    assert found["* /projects/<uuid:code>/name/"].authorization.state == "required"
    assert found["* /projects/<uuid:code>/show/"].authorization.state == "none"


def test_the_path_of_a_mount_limits_what_it_holds(rows: Rows) -> None:
    for row in rows(DJANGO, "urls.py").values():
        assert [use.validation for use in row.used if use.name == "code"] == ["number"]


def test_making_sure_of_a_folder_is_no_effect(rows: Rows) -> None:
    text = """
from pathlib import Path
from fastapi import FastAPI
app = FastAPI()

@app.get("/")
def start() -> dict:
    Path("/var/lib/shop").mkdir(parents=True, exist_ok=True)
    return {}
"""
    assert rows(text, "main.py")["GET /"].effects == ()


OWN_LOGIN = """
from werkzeug.local import LocalProxy

from accounts import find_account

current_user = LocalProxy(lambda: find_account(session))


def login_required(view):
    @functools.wraps(view)
    def inner(*args, **kwargs):
        if not current_user.is_authenticated:
            return redirect(url_for("login"), code=302)
        if callable(getattr(app, "ensure_sync", None)):
            return app.ensure_sync(view)(*args, **kwargs)
        return view(*args, **kwargs)

    return inner


def members_only(view):
    @functools.wraps(view)
    def inner(*args, **kwargs):
        if app.config["BEHIND_PROXY"]:
            return view(*args, **kwargs)
        return login_required(view)(*args, **kwargs)

    return inner


@app.get("/file")
@members_only
def file():
    try:
        return open("/srv/notes.txt").read()
    except PermissionError:
        abort(403)


@app.delete("/items/<int:item_id>")
@members_only
"""


def test_a_wrapper_asks_nothing_that_one_of_its_views_asks(rows: Rows) -> None:
    row = flask_row(rows, OWN_LOGIN + FLASK_ERASE)
    assert row.authentication.state == "required"
    assert row.authorization.state == "none"


WRAPPED = """
import sqlite3
from functools import wraps
from flask import Flask, abort, g, request, session

app = Flask(__name__)
conn = sqlite3.connect("x.db")


@app.before_request
def load():
    g.user = conn.execute("SELECT * FROM users WHERE id = ?", (session.get("uid"),)).fetchone()
    if g.user is None:
        abort(401)


def member(view):
    @wraps(view)
    def inner({taken}, **rest):
        found = conn.execute("SELECT 1 FROM members WHERE team = ? AND user_id = ?", ({key}, g.user["id"])).fetchone()
        if not found:
            abort(404)
        return view({taken}, **rest)

    return inner


@app.get("/teams/<int:team>/notes/<int:key>")
@member
def note(team, key):
    return conn.execute("SELECT * FROM notes WHERE id = ? AND team = ?", (key, team)).fetchone()


@app.get("/notes")
def mine():
    return conn.execute("SELECT * FROM notes WHERE owner_id = ?", (g.user["id"],)).fetchall()
"""


@pytest.mark.parametrize(("taken", "key"), [("team", "team"), ("*args", 'rest["team"]')])
def test_a_decorator_takes_a_part_of_the_address(rows: Rows, taken: str, key: str) -> None:
    found = rows(WRAPPED.format(taken=taken, key=key), "app.py")["GET /teams/<int:team>/notes/<int:key>"]
    (read,) = [access for access in found.accesses if access.resource == "notes"]
    assert read.restricted.state == "restricted"
