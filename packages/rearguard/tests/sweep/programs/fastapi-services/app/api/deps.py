from typing import Annotated

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import get_session
from app.core.security import decode_token
from app.models import Account
from app.repositories.tickets import CommentRepository, ProjectRepository, TicketRepository
from app.services.tickets import TicketService

oauth2 = OAuth2PasswordBearer(tokenUrl="/auth/token")
Session = Annotated[AsyncSession, Depends(get_session)]


async def current_account(session: Session, token: Annotated[str, Depends(oauth2)]) -> Account:
    failed = HTTPException(status.HTTP_401_UNAUTHORIZED, "Could not validate credentials")
    try:
        claims = decode_token(token)
    except jwt.InvalidTokenError:
        raise failed
    account = await session.get(Account, int(claims["sub"]))
    if account is None:
        raise failed
    return account


Actor = Annotated[Account, Depends(current_account)]


def require_role(role: str):
    async def check(actor: Actor) -> Account:
        if actor.role != role:
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        return actor

    return check


def ticket_service(session: Session) -> TicketService:
    return TicketService(TicketRepository(session), CommentRepository(session), ProjectRepository(session))


Tickets = Annotated[TicketService, Depends(ticket_service)]
