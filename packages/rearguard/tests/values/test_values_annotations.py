"""What the annotation of a parameter says that a framework checks: names for types, patterns, functions, lists."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

_TYPES = """
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Len, Predicate
from pydantic import AfterValidator, StringConstraints

Column = Literal["name", "age"]
_WORD = re.compile(r"^[a-zA-Z0-9_]+$")
_LOOSE = re.compile(r"[a-z]+")


def is_word(value: str) -> bool:
    return _WORD.match(value) is not None


def is_cast(value: str) -> bool:
    return bool(_WORD.match(value))


def is_no_word(value: str) -> bool:
    return _WORD.match(value) is None


def is_loose(value: str) -> bool:
    return _LOOSE.match(value) is not None


def word(value: str) -> str:
    if not _WORD.match(value):
        raise ValueError("no word")
    return value


type Word = Annotated[str, Len(max_length=255), Predicate(is_word)]
Words = Sequence[Word]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
"""

_HANDLER = """
from typing import Annotated, Optional

import psycopg
from annotated_types import Predicate
from fastapi import FastAPI, Query
from pydantic import AfterValidator
from kinds import Column, Slug, Word, Words, is_cast, is_loose, is_no_word, word

app = FastAPI()
conn = psycopg.connect("")


@app.get("/")
def handler(value: {annotation}{default}):
    conn.execute("SELECT " + value{taken})
"""


@pytest.mark.parametrize(
    ("annotation", "default", "taken", "found"),
    [
        ("Column", ' = Query("name")', "", False),
        ("Word", "", "", False),
        ("Words", " = Query()", "[0]", False),
        ("list[Slug] | None", " = Query(None)", "[0]", False),
        ("list[int]", " = Query()", "[0]", False),
        ("Annotated[str, AfterValidator(word)]", "", "", False),
        ("Annotated[str, Predicate(is_cast)]", "", "", False),
        ("str", ' = Query(pattern="^[a-z]+$")', "", False),
        ('Annotated[str, Query(pattern="^[a-z]+$")]', "", "", False),
        ("str", "", "", True),
        ("list[str]", " = Query()", "[0]", True),
        ("Word | str", "", "", True),
        ("Annotated[str, Predicate(is_loose)]", "", "", True),
        ("Annotated[str, Predicate(is_no_word)]", "", "", True),
        ('Annotated[str, Query(pattern="[a-z]+")]', "", "", True),
    ],
)
def test_an_annotation_limits_a_parameter(
    tmp_path: Path, annotation: str, default: str, taken: str, found: bool
) -> None:
    (tmp_path / "kinds.py").write_text(_TYPES, encoding="utf-8")
    code = _HANDLER.format(annotation=annotation, default=default, taken=taken)
    (tmp_path / "main.py").write_text(code, encoding="utf-8")
    findings = review_path(tmp_path, "app", Options(only=("sql-injection",))).result.findings
    assert bool(findings) is found
