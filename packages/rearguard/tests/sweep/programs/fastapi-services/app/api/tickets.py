import os

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse

from app.api.deps import Actor, Tickets, current_account
from app.core.config import settings
from app.schemas import TicketIn, TicketOut

router = APIRouter(prefix="/tickets", tags=["tickets"], dependencies=[Depends(current_account)])
public = APIRouter(prefix="/desk")


@router.get("/", response_model=list[TicketOut])
async def list_tickets(service: Tickets, actor: Actor):
    return await service.tickets.in_organization(actor.organization_id)  # OK: list-other


@router.get("/all", response_model=list[TicketOut])
async def list_all(service: Tickets):  # BAD: insecure-direct-object-reference list-other
    return await service.tickets.everything()


@router.get("/{ticket_id}", response_model=TicketOut)
async def read(ticket_id: int, service: Tickets, actor: Actor):
    return await service.visible(ticket_id, actor)  # OK: read-other


@router.get("/{ticket_id}/raw", response_model=TicketOut)
async def read_raw(ticket_id: int, service: Tickets):
    return await service.find(ticket_id)  # BAD: insecure-direct-object-reference read-other


@router.put("/{ticket_id}", response_model=TicketOut)
async def update(ticket_id: int, data: TicketIn, service: Tickets, actor: Actor):
    ticket = await service.own(ticket_id, actor)
    return await service.change(ticket, data)  # OK: update-other


@router.patch("/{ticket_id}", response_model=TicketOut)
async def patch(ticket_id: int, data: TicketIn, service: Tickets):
    ticket = await service.find(ticket_id)  # BAD: insecure-direct-object-reference update-other
    return await service.change(ticket, data)


@router.delete("/{ticket_id}", status_code=204)
async def delete(ticket_id: int, service: Tickets, actor: Actor):
    await service.tickets.delete(await service.own(ticket_id, actor))  # OK: delete-other


@router.delete("/{ticket_id}/purge", status_code=204)
async def purge(ticket_id: int, service: Tickets):
    await service.tickets.delete(await service.find(ticket_id))  # BAD: insecure-direct-object-reference delete-other


@router.post("/in/{project_id}", response_model=TicketOut)
async def create(project_id: int, data: TicketIn, service: Tickets, actor: Actor):
    return await service.open_in(project_id, data, actor)  # OK: tenant-escape


@router.post("/quick/{project_id}", response_model=TicketOut)
async def create_quick(project_id: int, data: TicketIn, service: Tickets, actor: Actor):
    return await service.open_anywhere(project_id, data, actor)  # BAD: insecure-direct-object-reference tenant-escape


@router.delete("/{ticket_id}/comments/{comment_id}", status_code=204)
async def delete_comment(ticket_id: int, comment_id: int, service: Tickets, actor: Actor):
    ticket = await service.visible(ticket_id, actor)
    comment = await service.comments.get_or_none(id=comment_id, ticket_id=ticket.id)
    if comment is None or comment.author_id != actor.id:
        raise HTTPException(404)
    await service.comments.delete(comment)  # OK: parent-other


@router.delete("/{ticket_id}/notes/{comment_id}", status_code=204)
async def delete_note(ticket_id: int, comment_id: int, service: Tickets, actor: Actor):
    await service.visible(ticket_id, actor)
    comment = await service.comments.get(comment_id)  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
    await service.comments.delete(comment)


@router.get("/files/{name}")
async def download(name: str):
    path = os.path.join(settings.upload_dir, os.path.basename(name))
    return FileResponse(path)  # OK: file-path


@router.get("/exports/{name:path}")
async def export(name: str):
    return FileResponse(f"{settings.upload_dir}/{name}")  # BAD: path-traversal file-path


@public.post("/{ticket_id}/close", status_code=204)  # BAD: missing-authentication no-login
async def close(ticket_id: int, service: Tickets):
    ticket = await service.find(ticket_id)
    ticket.title = "closed"
    await service.tickets.add(ticket)
