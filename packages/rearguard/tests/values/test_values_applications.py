"""Situations that well-kept applications are full of: declared fields, containers as registers, answers as data."""

CASES = [
    (
        "fields that a model's declaration limits",
        "py",
        """
import enum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator

api = FastAPI()
LANGUAGES = {"en", "de"}


class Kind(str, enum.Enum):
    A = "a"


def known(text):
    return text in LANGUAGES


class Base(BaseModel):
    pass


class Part(Base):
    key: UUID
    free: str


class Item(Base):
    number: int
    key: UUID | None = None
    kind: Kind
    one_of: Literal["a", "b"]
    word: str = Field(pattern="^[a-z]+$")
    marked: Annotated[str, Field(pattern="^[a-z]+$")]
    loose: str = Field(pattern="[a-z]+")
    language: str
    shouted: str
    part: Part

    @field_validator("language")
    def valid_language(cls, value):
        if not known(value):
            raise ValueError("not known")
        return value

    @field_validator("shouted")
    @classmethod
    def valid_shouted(cls, value):
        return value.upper()


@api.post("/limited")
def limited(item: Item):
    db.execute(f"SELECT {item.number}")
    db.execute(f"SELECT {item.key}")
    db.execute(f"SELECT {item.kind}")
    db.execute(f"SELECT {item.one_of}")
    db.execute(f"SELECT {item.word}")
    db.execute(f"SELECT {item.marked}")
    db.execute(f"SELECT {item.language}")
    db.execute(f"SELECT {item.part.key}")
    return {}


@api.post("/free")
def free(item: Item):
    db.execute(f"SELECT {item.loose}")  # $ sql-injection
    db.execute(f"SELECT {item.shouted}")  # $ sql-injection
    db.execute(f"SELECT {item.part.free}")  # $ sql-injection
    return {}
""",
    ),
    (
        "annotations that nothing checks",
        "py",
        """
class Item:
    language: str


@app.post("/plain")
def plain():
    item = Item()
    item.language = request.form["language"]
    db.execute(f"SELECT {item.language}")  # $ sql-injection
    return {}
""",
    ),
]


def test_situation(case_problems: list[str]) -> None:
    assert case_problems == []
