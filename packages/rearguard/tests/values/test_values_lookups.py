"""Names of conditions that a query takes from a map: whoever declares its keys chooses them."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

START = """
from dataclasses import asdict, dataclass
from fastapi import Depends, FastAPI
from marshmallow import Schema, fields
from pydantic import BaseModel
from tortoise.models import Model

app = FastAPI()


class Book(Model):
    pass


class Search(BaseModel):
    title: str | None = None


@dataclass
class Wanted:
    title: str


class Loaded(Schema):
    title = fields.Str()


"""
DECLARED = [
    ("q: Search = Depends()", "q.model_dump(exclude_none=True)"),
    ("q: Search", "q.dict()"),
    ("q: dict", "Loaded().load(q)"),
    ("title: str", "asdict(Wanted(title=title))"),
    ("q: dict", "asdict(Wanted(**q))"),
]
VIEW = """
from django.urls import path
from django.views import View
from models import Book


class Page(View):
    def get(self, request, *args, **kwargs):
        return Book.objects.filter(**GIVEN).count()


urlpatterns = [path("books/<int:pk>", Page.as_view())]
"""


def told(root: Path, text: str) -> bool:
    (root / "app.py").write_text(text)
    options = Options(only=("sql-injection",), cache=False, repair=False)
    return bool(review_path(root, ".", options).result.findings)


def asked(parameter: str, given: str) -> str:
    return f"{START}@app.post('/a')\nasync def a({parameter}):\n    wanted = {given}\n    return await Book.filter(**wanted)\n"


@pytest.mark.parametrize(("parameter", "given"), DECLARED)
def test_a_class_chooses_the_names_that_it_declares(tmp_path: Path, parameter: str, given: str) -> None:
    assert not told(tmp_path, asked(parameter, given))


@pytest.mark.parametrize("given", ["q", "dict(q)", "{**q}"])
def test_the_client_chooses_those_of_a_map_that_it_sends(tmp_path: Path, given: str) -> None:
    assert told(tmp_path, asked("q: dict", given))


def test_a_route_chooses_the_names_of_what_stands_in_its_path(tmp_path: Path) -> None:
    assert not told(tmp_path, VIEW.replace("GIVEN", "self.kwargs"))
    assert told(tmp_path, VIEW.replace("GIVEN", "request.GET.dict()"))
