"""What requests carry and answers show."""

from enum import StrEnum
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

NoteId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]


class NoteIn(BaseModel):
    title: str = Field(min_length=1, max_length=120)
    body: str = Field(default="", max_length=20_000)
    tag: str = Field(default="", max_length=40)


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str
    tag: str
    slug: str | None
    published: bool


class LinkIn(BaseModel):
    url: str = Field(max_length=500)


class Language(StrEnum):
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
