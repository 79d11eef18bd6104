from sqlalchemy import select

from app.models import Comment, Project, Ticket
from app.repositories.base import Repository


class TicketRepository(Repository[Ticket]):
    model = Ticket

    async def in_organization(self, organization_id: int) -> list[Ticket]:
        query = select(Ticket).join(Project).where(Project.organization_id == organization_id).limit(100)
        return list((await self.session.scalars(query)).all())

    async def everything(self) -> list[Ticket]:
        return list((await self.session.scalars(select(Ticket).limit(100))).all())


class CommentRepository(Repository[Comment]):
    model = Comment


class ProjectRepository(Repository[Project]):
    model = Project
