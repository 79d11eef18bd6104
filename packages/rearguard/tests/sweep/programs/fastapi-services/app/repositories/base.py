from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

M = TypeVar("M")


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, session: AsyncSession):
        self.session = session

    async def get(self, key: int) -> M | None:
        return await self.session.get(self.model, key)

    async def get_or_none(self, **filters) -> M | None:
        return (await self.session.scalars(select(self.model).filter_by(**filters))).first()

    async def add(self, item: M) -> M:
        self.session.add(item)
        await self.session.commit()
        return item

    async def delete(self, item: M) -> None:
        await self.session.delete(item)
        await self.session.commit()
