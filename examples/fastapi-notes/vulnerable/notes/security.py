"""Passwords, tokens and the current user."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import select
from sqlalchemy.orm import Session

from notes import config
from notes.database import Db
from notes.models import User

hasher = PasswordHasher()
bearer = OAuth2PasswordBearer(tokenUrl="/api/auth/token")


def authenticate(db: Session, email: str, password: str) -> User | None:
    user = db.scalar(select(User).where(User.email == email.lower()))
    if user is None:
        return None
    try:
        hasher.verify(user.password_hash, password)
    except VerificationError:
        return None
    return user


def issue_token(user: User) -> str:
    expires = datetime.now(UTC) + timedelta(minutes=config.TOKEN_MINUTES)
    return jwt.encode({"sub": str(user.id), "exp": expires}, config.SIGNING_KEY, algorithm="HS256")


def get_current_user(token: Annotated[str, Depends(bearer)], db: Db) -> User:
    try:
        claims = jwt.decode(token, config.SIGNING_KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Please log in") from error
    user = db.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(401, "Please log in")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_admin(user: CurrentUser) -> User:
    if not user.is_admin:
        raise HTTPException(403, "Not allowed")
    return user
