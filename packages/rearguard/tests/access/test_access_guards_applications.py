"""Guards as larger applications write them: sessions behind a hash, signatures made by code, wrappers of drivers."""

from collections.abc import Callable

_SESSIONS = """
import hashlib
from typing import NewType

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession as _AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from .db import get_session

AsyncSession = NewType("AsyncSession", _AsyncSession)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    is_admin: Mapped[bool]


class UserSession(Base):
    __tablename__ = "sessions"
    token: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[User] = relationship()


class Sessions:
    async def known(self, session: AsyncSession, request: Request, cookie: str = "sid") -> UserSession | None:
        token = request.cookies.get(cookie)
        if token is None:
            return None
        return await self._by_token(session, token)

    async def _by_token(self, session: AsyncSession, token: str) -> UserSession | None:
        found = hashlib.sha256(token.encode()).hexdigest()
        result = await session.execute(select(UserSession).where(UserSession.token == found))
        return result.unique().scalar_one_or_none()


sessions = Sessions()


async def get_admin(request: Request, session: AsyncSession = Depends(get_session)) -> UserSession:
    mine = await sessions.known(session, request)
    before = await sessions.known(session, request, cookie="other")
    held = before or mine
    if held is None:
        raise HTTPException(status_code=401, detail="Unauthorized")
    user = held.user
    if not user.is_admin:
        raise HTTPException(status_code=403, detail="Forbidden")
    return held


app = FastAPI(dependencies=[Depends(get_admin)])


@app.get("/users")
async def users(session: AsyncSession = Depends(get_session)):
    return (await session.execute(select(User))).scalars().all()
"""


def test_a_session_looked_up_by_the_hash_of_a_cookie_says_who_calls(rows: Callable) -> None:
    row = rows(_SESSIONS, "main.py")["GET /users"]
    assert row.authentication.state == "required"
    assert row.authorization.state == "required"


_SIGNED = """
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, FastAPI, HTTPException
from makefun import with_signature
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from .db import get_session
from .signatures import signature

T = TypeVar("T")


class AuthSubject(Generic[T]):
    subject: T

    def __init__(self, subject: T) -> None:
        self.subject = subject


def is_anonymous(held) -> bool:
    return held.subject is None


class Authenticator:
    @with_signature(signature)
    async def __call__(self, auth_subject: AuthSubject[T]) -> AuthSubject[T]:
        if is_anonymous(auth_subject):
            raise HTTPException(401)
        return auth_subject


Reader = Annotated[AuthSubject[T], Depends(Authenticator())]


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


app = FastAPI()


@app.get("/notes/{id}")
async def note(id: int, auth_subject: Reader, session: Session = Depends(get_session)):
    found = select(Note).where(Note.id == id, Note.user_id == auth_subject.subject.id)
    return session.execute(found).scalar_one()


@app.get("/any/{id}")
async def any_note(id: int, auth_subject: Reader, session: Session = Depends(get_session)):
    return session.execute(select(Note).where(Note.id == id)).scalar_one()
"""


def test_what_a_made_signature_puts_in_is_no_input(rows: Callable) -> None:
    """No framework fills a class with a constructor of its own from the query."""
    found = rows(_SIGNED, "main.py")
    assert found["GET /notes/{id}"].authentication.state == "required"
    assert found["GET /notes/{id}"].ownership.state == "restricted"
    assert found["GET /any/{id}"].ownership.state == "open"
    assert {use.channel for use in found["GET /notes/{id}"].used} == {"path"}


_WRAPPED = """
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .settings import ADMINS, SECRET, connect, fitting

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="login", auto_error=False)


class Claims(BaseModel):
    sub: str = ""


class Connection:
    def __init__(self, conn: AsyncConnection) -> None:
        self.conn = conn

    def rewritten(self, values):
        return {key: fitting(value) for key, value in values.items()}

    async def fetchone(self, query: str, values: dict | None = None):
        given = self.rewritten(values) if values else {}
        return (await self.conn.execute(text(query), given)).mappings().first()


db = Connection(connect())


async def by_name(name: str):
    return await db.fetchone("SELECT * FROM accounts WHERE name = :name AND active", {"name": name.lower()})


async def current(token: str | None = Depends(bearer), usr: str | None = None):
    if token:
        claims = Claims(**jwt.decode(token, SECRET, ["HS256"]))
        account = await by_name(claims.sub)
    elif usr:
        account = await by_name(usr)
    else:
        raise HTTPException(401, "Missing token")
    if not account:
        raise HTTPException(401, "User not found")
    return account


async def admin(account=Depends(current)):
    if account.id not in ADMINS:
        raise HTTPException(403, "Not for you")
    return account


@app.get("/me")
async def me(account=Depends(current)):
    return account


@app.get("/all", dependencies=[Depends(admin)])
async def everybody():
    return await db.fetchone("SELECT * FROM accounts")
"""


def test_an_account_that_a_wrapped_driver_finds_by_a_token(rows: Callable) -> None:
    found = rows(_WRAPPED, "main.py")
    assert found["GET /me"].authentication.state == "required"
    assert found["GET /me"].authorization.state == "none"
    assert found["GET /all"].authorization.state == "required"


_SHARED = """
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from .models import Recipe, ShareLink


def is_shared(recipe, share):
    link = ShareLink.objects.filter(recipe=recipe, uuid=share).first()
    if link:
        link.count += 1
        link.save()
        return True
    return False


def viewer(request, pk):
    recipe = get_object_or_404(Recipe, pk=pk)
    if is_shared(recipe, request.GET.get("share")) or recipe.space == request.user.space:
        return render(request, "viewer.html", {"pk": pk})
    return HttpResponseRedirect(reverse("index"))


def counter(request, pk):
    recipe = get_object_or_404(Recipe, pk=pk)
    recipe.count += 1
    recipe.save()
    return render(request, "counter.html", {"pk": pk, "name": request.user.username})


urlpatterns = [path("view/<int:pk>", viewer), path("count/<int:pk>", counter)]
"""


def test_a_page_for_members_or_those_with_a_link_asks_who_calls(rows: Callable) -> None:
    found = rows(_SHARED, "urls.py")
    assert found["* /view/<int:pk>"].authentication.state == "optional"
    assert found["* /count/<int:pk>"].authentication.state == "none"


_SEVERAL_ENDS = """
from django.http import HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path

from .models import Bookmark


def search(request):
    if "save" in request.POST:
        if not request.user.is_authenticated:
            return HttpResponseForbidden()
        request.user.save()
    return HttpResponseRedirect("/")


def index(request):
    if request.method == "POST":
        return search(request)
    return render(request, "index.html", {"bookmarks": Bookmark.objects.filter(shared=True)})


urlpatterns = [path("index", index)]
"""


def test_a_function_that_refuses_at_one_of_its_ends_is_no_refusal(rows: Callable) -> None:
    row = rows(_SEVERAL_ENDS, "urls.py")["* /index"]
    assert row.authorization.state == "none"


_COUNTED = """
from fastapi import FastAPI

from . import rate_limit

app = FastAPI()
app.add_middleware(rate_limit.get_middleware, store="redis")


@app.get("/time")
def time():
    return {}
"""


def test_a_limiter_that_cannot_be_read_is_not_told_as_absent(rows: Callable) -> None:
    assert rows(_COUNTED, "main.py")["GET /time"].rate_limit.state == "unknown"
