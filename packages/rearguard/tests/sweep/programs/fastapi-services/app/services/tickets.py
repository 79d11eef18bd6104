from fastapi import HTTPException, status

from app.models import Account, Ticket
from app.repositories.tickets import CommentRepository, ProjectRepository, TicketRepository
from app.schemas import TicketIn


class TicketService:
    def __init__(self, tickets: TicketRepository, comments: CommentRepository, projects: ProjectRepository):
        self.tickets = tickets
        self.comments = comments
        self.projects = projects

    async def visible(self, ticket_id: int, viewer: Account) -> Ticket:
        ticket = await self.tickets.get(ticket_id)
        if not ticket or ticket.project.organization_id != viewer.organization_id:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return ticket

    async def own(self, ticket_id: int, actor: Account) -> Ticket:
        ticket = await self.tickets.get_or_none(id=ticket_id, author_id=actor.id)
        if ticket is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return ticket

    async def find(self, ticket_id: int) -> Ticket:
        ticket = await self.tickets.get(ticket_id)
        if ticket is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return ticket

    async def change(self, ticket: Ticket, data: TicketIn) -> Ticket:
        for name, value in data.model_dump(exclude_unset=True).items():
            setattr(ticket, name, value)
        return await self.tickets.add(ticket)

    async def open_in(self, project_id: int, data: TicketIn, actor: Account) -> Ticket:
        project = await self.projects.get(project_id)
        if project is None or project.organization_id != actor.organization_id:
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        return await self.tickets.add(Ticket(project_id=project.id, author_id=actor.id, **data.model_dump()))

    async def open_anywhere(self, project_id: int, data: TicketIn, actor: Account) -> Ticket:
        return await self.tickets.add(Ticket(project_id=project_id, author_id=actor.id, **data.model_dump()))
