"""What requests carry and answers show."""

from enum import StrEnum
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

NoteId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$")]
Tag = Annotated[str, Field(max_length=40)]
TagPath = Annotated[str, Path(max_length=40)]
FileName = Annotated[str, Field(pattern=r"^\w[\w .-]{0,99}$")]
FileNamePath = Annotated[str, Path(pattern=r"^\w[\w .-]{0,99}$")]
FolderName = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class NoteIn(BaseModel):
    title: str = Field(min_length=1, max_length=120)
    body: str = Field(default="", max_length=20_000)
    tag: Tag = ""


class NoteChange(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=120)
    body: str | None = Field(default=None, max_length=20_000)
    tag: Tag | None = None


class PublishIn(BaseModel):
    slug: str = Field(pattern=r"^[a-z0-9-]{1,60}$")


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


class Order(StrEnum):
    NEWEST = "newest"
    TITLE = "title"


Backup = TypeAdapter(Annotated[list[NoteIn], Field(max_length=10_000)])
Renames = TypeAdapter(dict[Tag, Tag])
UploadName = TypeAdapter(FileName)
