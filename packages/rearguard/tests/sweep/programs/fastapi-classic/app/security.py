import os
import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from sqlmodel import select

from app.database import SessionDep
from app.models import User

SECRET_KEY = os.environ["SECRET_KEY"]
bearer = HTTPBearer()
api_key = APIKeyHeader(name="X-API-Key")


def current_user(session: SessionDep, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    try:
        payload = jwt.decode(credentials.credentials, SECRET_KEY, algorithms=["HS256"])
    except JWTError as error:
        raise HTTPException(status_code=403, detail="Invalid token") from error
    user = session.get(User, payload.get("sub"))
    if not user:
        raise HTTPException(status_code=404, detail="User not found")
    return user


def unverified_user(session: SessionDep, request: Request) -> User:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    claims = jwt.get_unverified_claims(token)  # BAD: jwt-unverified jwt-unverified
    return session.exec(select(User).where(User.id == claims["sub"])).one()


CurrentUser = Annotated[User, Depends(current_user)]


class RequireSuperuser:
    def __call__(self, user: CurrentUser) -> User:
        if not user.is_superuser:
            raise HTTPException(status_code=403, detail="Not enough privileges")
        return user


def machine(key: Annotated[str, Security(api_key)]) -> None:
    if not secrets.compare_digest(key, os.environ["API_KEY"]):
        raise HTTPException(status_code=401)  # OK: compare-time


def old_machine(key: Annotated[str, Security(api_key)]) -> None:
    if key != os.environ["API_KEY"]:  # BAD: timing-unsafe-comparison compare-time
        raise HTTPException(status_code=401)
