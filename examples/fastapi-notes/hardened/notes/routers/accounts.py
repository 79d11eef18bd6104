"""Logging in."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordRequestForm

from notes.database import Db
from notes.security import CurrentUser, authenticate, issue_token, login_limit

router = APIRouter(prefix="/auth", tags=["accounts"])


@router.post("/token", dependencies=[Depends(login_limit)])
def create_token(form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db) -> dict[str, str]:
    user = authenticate(db, form.username, form.password)
    if user is None:
        raise HTTPException(401, "Wrong email or password")
    return {"access_token": issue_token(user), "token_type": "bearer"}


@router.get("/me")
def read_me(user: CurrentUser) -> dict[str, object]:
    return {"id": user.id, "email": user.email}
