import hmac
from datetime import datetime, timedelta, timezone
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse
from fastapi.security import OAuth2PasswordRequestForm
from slowapi import Limiter
from slowapi.util import get_remote_address
from sqlalchemy import select

from app.api.deps import Session
from app.core.security import create_access_token, hash_password, new_reset_code, verify_password
from app.models import Account

router = APIRouter(prefix="/auth")
limiter = Limiter(key_func=get_remote_address)
Form = Annotated[OAuth2PasswordRequestForm, Depends()]


@router.post("/token")
@limiter.limit("5/minute")
async def token(request: Request, form: Form, session: Session):
    account = (await session.scalars(select(Account).where(Account.email == form.username))).first()
    if account is None or not verify_password(form.password, account.hashed_password):
        raise HTTPException(401, "Incorrect email or password")
    return {"access_token": create_access_token(account.id), "token_type": "bearer"}  # OK: login-unlimited


@router.post("/login")  # BAD: missing-rate-limit login-unlimited
async def login(form: Form, session: Session):
    account = (await session.scalars(select(Account).where(Account.email == form.username))).first()
    if account is None:
        raise HTTPException(404, "No account with this address")  # BAD: user-enumeration enumeration
    if not verify_password(form.password, account.hashed_password):
        raise HTTPException(401, "Wrong password")
    return {"access_token": create_access_token(account.id), "token_type": "bearer"}


@router.post("/reset")
@limiter.limit("5/minute")
async def reset(request: Request, email: str, code: str, password: str, session: Session):
    account = (await session.scalars(select(Account).where(Account.email == email))).first()
    if account is None or account.reset_code is None or not hmac.compare_digest(account.reset_code, code):
        raise HTTPException(400, "Invalid code")
    if account.reset_sent_at < datetime.now(timezone.utc) - timedelta(minutes=30):
        raise HTTPException(400, "Invalid code")
    account.hashed_password = hash_password(password)
    account.reset_code = None
    await session.commit()  # OK: reset-endless
    return {}


@router.post("/reset/quick")
@limiter.limit("5/minute")
async def reset_quick(request: Request, email: str, code: str, password: str, session: Session):
    account = (await session.scalars(select(Account).where(Account.email == email))).first()
    if account is None or account.reset_code != code:  # MISSED: weak-recovery|timing-unsafe-comparison reset-endless
        raise HTTPException(400, "Invalid code")
    account.hashed_password = hash_password(password)
    await session.commit()
    return {}


@router.get("/continue")
async def proceed(next: str = "/"):
    return RedirectResponse(next)  # BAD: open-redirect redirect-next


@router.get("/home")
async def home(next: str = "/"):
    target = next if next in ("/", "/tickets", "/accounts") else "/"
    return RedirectResponse(target)  # OK: redirect-next
