"""Passwords, tokens and the current user."""

import logging
import secrets
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import select
from sqlalchemy.orm import Session

from notes import config
from notes.database import Db
from notes.models import User

logger = logging.getLogger(__name__)
hasher = PasswordHasher()
bearer = OAuth2PasswordBearer(tokenUrl="/api/auth/token")

# Verified when no account matches, so that the answer takes as long as for a wrong password.
UNKNOWN_USER_HASH = hasher.hash(secrets.token_urlsafe())


class AttemptLimit:
    """At most `attempts` calls per client address within `seconds`."""

    def __init__(self, attempts: int, seconds: float) -> None:
        self._attempts = attempts
        self._seconds = seconds
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> None:
        client = request.client.host if request.client else ""
        now = time.monotonic()
        with self._lock:
            self._calls = {
                key: calls for key, calls in self._calls.items() if calls[-1] > now - self._seconds
            }
            calls = self._calls.setdefault(client, deque(maxlen=self._attempts))
            exhausted = len(calls) == self._attempts and calls[0] > now - self._seconds
            calls.append(now)
        if exhausted:
            logger.warning("too many login attempts from %s", client)
            raise HTTPException(429, "Too many attempts")


login_limit = AttemptLimit(attempts=20, seconds=900)


def authenticate(db: Session, email: str, password: str) -> User | None:
    user = db.scalar(select(User).where(User.email == email.lower()))
    try:
        hasher.verify(user.password_hash if user else UNKNOWN_USER_HASH, password)
    except VerificationError:
        logger.warning("login failed for user %s", user.id if user else None)
        return None
    return user


def issue_token(user: User) -> str:
    claims = {
        "sub": str(user.id),
        "iss": config.TOKEN_ISSUER,
        "aud": config.TOKEN_ISSUER,
        "exp": datetime.now(UTC) + timedelta(minutes=config.TOKEN_MINUTES),
    }
    return jwt.encode(claims, config.SIGNING_KEY, algorithm="HS256")


def get_current_user(token: Annotated[str, Depends(bearer)], db: Db) -> User:
    try:
        claims = jwt.decode(
            token,
            config.SIGNING_KEY,
            algorithms=["HS256"],
            issuer=config.TOKEN_ISSUER,
            audience=config.TOKEN_ISSUER,
            options={"require": ["sub", "exp", "iss", "aud"]},
        )
    except jwt.InvalidTokenError as error:
        logger.warning("rejected token: %s", error)
        raise HTTPException(401, "Please log in") from error
    user = db.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(401, "Please log in")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def require_admin(user: CurrentUser) -> User:
    if not user.is_admin:
        logger.warning("user %s is not an administrator", user.id)
        raise HTTPException(403, "Not allowed")
    return user
