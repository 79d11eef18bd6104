import logging

import httpx
from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import select, text

from app.api.deps import Actor, Session, require_role
from app.core.security import hash_password, verify_password
from app.models import Account
from app.schemas import AccountFull, AccountOut, AccountPatch, EmailPatch, PasswordChange

log = logging.getLogger(__name__)
router = APIRouter(prefix="/accounts")
admin = APIRouter(prefix="/admin/accounts", dependencies=[Depends(require_role("admin"))])


@admin.get("/", response_model=list[AccountOut])
async def everyone(session: Session):
    return (await session.scalars(select(Account).limit(100))).all()  # OK: no-admin


@admin.delete("/{account_id}", status_code=204)
async def remove(account_id: int, session: Session):
    account = await session.get(Account, account_id)
    await session.delete(account)
    await session.commit()  # OK: no-admin


@router.delete("/{account_id}", status_code=204)
async def remove_any(account_id: int, session: Session, actor: Actor):
    account = await session.get(Account, account_id)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
    await session.delete(account)
    await session.commit()


@router.post("/{account_id}/ban", status_code=204)
async def ban(account_id: int, session: Session, request: Request, actor: Actor):
    if request.headers.get("x-role") != "admin":  # BAD: client-controlled-identity role-claimed
        raise HTTPException(403)
    account = await session.get(Account, account_id)
    account.role = "banned"
    await session.commit()


@router.get("/me", response_model=AccountOut)
async def me(actor: Actor):
    return actor  # OK: mass-read


@router.get("/me/full", response_model=AccountFull)
async def me_full(actor: Actor):
    return actor


@router.patch("/me", response_model=AccountOut)
async def update_me(data: EmailPatch, session: Session, actor: Actor):  # BAD: weak-recovery address-unproved
    for name, value in data.model_dump(exclude_unset=True).items():
        setattr(actor, name, value)  # OK: self-promote
    await session.commit()
    return actor


@router.put("/me", response_model=AccountOut)
async def replace_me(data: AccountPatch, session: Session, actor: Actor):  # BAD: weak-recovery address-unproved
    for name, value in data.model_dump(exclude_unset=True).items():
        setattr(actor, name, value)
    await session.commit()
    return actor


@router.post("/me/password", status_code=204)
async def change_password(data: PasswordChange, session: Session, actor: Actor):
    if not verify_password(data.current, actor.hashed_password):
        raise HTTPException(400, "wrong password")
    actor.hashed_password = hash_password(data.new_password)
    await session.commit()
    log.info("password of %s changed", actor.id)  # OK: secret-log


@router.post("/me/password/debug", status_code=204)
async def change_password_debug(data: PasswordChange, actor: Actor):
    log.info("new password %s for %s", data.new_password, actor.id)  # BAD: sensitive-data-in-log secret-log; BAD: log-injection secret-log


@router.get("/search", response_model=list[AccountOut])
async def search(q: str, session: Session, actor: Actor):
    found = await session.execute(text("SELECT id, email FROM accounts WHERE email LIKE :q"), {"q": f"%{q}%"})
    return found.mappings().all()  # OK: sql


@admin.get("/search", response_model=list[AccountOut])
async def admin_search(q: str, session: Session):
    found = await session.execute(text(f"SELECT id, email FROM accounts WHERE email LIKE '%{q}%'"))  # BAD: sql-injection sql
    return found.mappings().all()


@router.post("/me/avatar")
async def avatar(url: str, actor: Actor):
    async with httpx.AsyncClient(timeout=5) as client:
        answer = await client.get(url)  # BAD: server-side-request-forgery ssrf
    return {"size": len(answer.content)}


@router.post("/me/gravatar")
async def gravatar(digest: str, actor: Actor):
    async with httpx.AsyncClient(timeout=5) as client:
        answer = await client.get("https://gravatar.example/avatar", params={"d": digest})  # OK: ssrf
    return {"size": len(answer.content)}
