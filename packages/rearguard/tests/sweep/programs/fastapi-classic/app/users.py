import hashlib
import os

import bcrypt
from fastapi import APIRouter, Depends, HTTPException, UploadFile
from fastapi.responses import HTMLResponse
from sqlmodel import select

from app.database import SessionDep
from app.models import User, UserCreate, UserImport, UserPublic
from app.security import CurrentUser, RequireSuperuser, machine, old_machine

router = APIRouter(prefix="/users")
require_superuser = RequireSuperuser()


@router.post("/signup", response_model=UserPublic)
def sign_up(data: UserCreate, session: SessionDep):
    hashed = bcrypt.hashpw(data.password.encode(), bcrypt.gensalt()).decode()
    user = User(email=data.email, full_name=data.full_name, password=hashed)  # OK: fast-hash; OK: self-promote
    session.add(user)
    session.commit()
    return user  # OK: mass-read


@router.post("/register", response_model=UserPublic)
def register(data: UserImport, session: SessionDep):
    user = User(**data.model_dump())
    user.password = hashlib.md5(data.password.encode()).hexdigest()  # BAD: weak-password-hash fast-hash
    session.add(user)
    session.commit()
    return user


@router.get("/", dependencies=[Depends(require_superuser)], response_model=list[UserPublic])
def everyone(session: SessionDep):
    return session.exec(select(User).limit(100)).all()  # OK: no-admin


@router.delete("/{user_id}", dependencies=[Depends(require_superuser)])
def remove(user_id: int, session: SessionDep):
    session.delete(session.get(User, user_id))
    session.commit()  # OK: no-admin
    return {}


@router.post("/{user_id}/superuser")
def make_superuser(user_id: int, session: SessionDep, actor: CurrentUser):
    user = session.get(User, user_id)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
    user.is_superuser = True
    session.add(user)
    session.commit()
    return {}


@router.get("/me")
def me(user: CurrentUser):
    return user  # BAD: excessive-data-exposure mass-read


@router.post("/me/picture")
async def picture(file: UploadFile, user: CurrentUser):
    path = os.path.join("/srv/pictures", file.filename)
    with open(path, "wb") as target:  # BAD: path-traversal|unrestricted-upload upload
        target.write(await file.read())
    return {}


@router.get("/hello", response_class=HTMLResponse)
def hello(name: str = ""):
    return f"<h1>Hello {name}</h1>"  # BAD: cross-site-scripting xss-reflected


@router.post("/sync", dependencies=[Depends(machine)])
def sync(session: SessionDep):
    return {"count": len(session.exec(select(User.id)).all())}


@router.post("/sync/old", dependencies=[Depends(old_machine)])
def sync_old(session: SessionDep):
    return {"count": len(session.exec(select(User.id)).all())}
