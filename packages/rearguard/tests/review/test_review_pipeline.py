"""What the pipeline puts together: the level it claims, and suppressions beside options that narrow a run."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from rearguard.analysis.values.summary import MAX_USES
from rearguard.checks import CHECKS, Draft
from rearguard.findings import Confidence
from rearguard.program import Source
from rearguard.repair import Trial
from rearguard.review import Options, analyse_sources, repairing, review_fragment, review_path, run_checks
from rearguard.review.read import lower

_LIKELY = """\
from flask import Flask, request
import subprocess
import tools

app = Flask(__name__)


@app.get("/a")
def a():
    # rearguard: ignore[command-injection] tidy() quotes its argument
    subprocess.call("echo " + tools.tidy(request.args["name"]), shell=True)
    return {}
"""


def test_a_pasted_piece_is_guidance_and_a_folder_is_not(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_LIKELY, encoding="utf-8")
    assert review_fragment(_LIKELY.encode(), "python", Options()).result.level == 2
    assert review_path(tmp_path, ".", Options()).result.level == 1


def test_a_suppression_of_what_is_not_shown_is_not_stale(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_LIKELY, encoding="utf-8")
    everything = review_path(tmp_path, ".", Options()).result
    assert [one.confidence for one in everything.suppressed] == [Confidence.LIKELY]
    certain = review_path(tmp_path, ".", Options(min_confidence=Confidence.CERTAIN)).result
    assert certain.suppressed == ()
    assert certain.findings == ()
    assert certain.stale_suppressions == ()


def test_uses_that_were_not_followed_stand_in_the_ledger(tmp_path: Path) -> None:
    uses = "".join(f"    db.execute('SELECT {n} ' + key)\n" for n in range(MAX_USES + 3))
    code = f"import sqlite3\ndb = sqlite3.connect('x')\n\n\ndef many(key):\n{uses}\n\ndef all():\n    many('1')\n"
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    coverage = review_path(tmp_path, ".", Options()).result.coverage
    assert [(one.line, one.reason) for one in coverage.unread] == [
        (5, "3 more uses of what is given were not followed in many")
    ]
    assert not coverage.complete


def test_a_function_of_endless_length_is_reviewed_and_not_rewritten(tmp_path: Path) -> None:
    grown = "".join(f"    query += 'x{n}' + key\n" for n in range(4000))
    code = (
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/a')\n"
        f"def a():\n    key = request.args['key']\n    query = ''\n{grown}"
        "    sqlite3.connect('x').execute(query)\n    return {}\n"
    )
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    [finding] = review_path(tmp_path, ".", Options(only=("sql-injection",))).result.findings
    assert finding.fix is not None
    assert finding.fix.refused == "the function is too long to be rewritten"


def test_a_repair_shows_its_own_code_when_many_are_tried_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "Trial", partial(Trial, work=1))
    route = (
        "\n\n@app.get('/r{0}')\ndef r{0}():\n    q = request.args['a{0}']\n"
        "    return str(sqlite3.connect('x').execute('SELECT * FROM t WHERE a=' + q).fetchall())\n"
    )
    head = "import sqlite3\n\nfrom flask import Flask, request\n\napp = Flask(__name__)\n"
    (tmp_path / "app.py").write_text(head + "".join(map(route.format, range(60))), encoding="utf-8")
    result = review_path(tmp_path, ".", Options(only=("sql-injection",), cache=False, jobs=1)).result
    shown = [finding.fix.revised for finding in result.findings if finding.fix is not None]
    assert len(shown) == 60
    for number, text in enumerate(shown):
        assert f"request.args['a{number}']" in text


def test_of_several_records_that_may_be_meant_the_first_is_told(tmp_path: Path) -> None:
    helpers = "\n\n".join(
        f"def by_{n}(db: Session, number: int):\n"
        f"    return db.query(Member).filter(Member.f{n} == number).one_or_none()\n"
        for n in range(12)
    )
    chosen = "".join(f"    if kind == {n}:\n        member = by_{n}(db, number)\n" for n in range(12))
    (tmp_path / "app.py").write_text(
        "from fastapi import Depends, FastAPI\nfrom sqlalchemy.orm import Session\n"
        f"from db import Member, get_db\napp = FastAPI()\n\n\n{helpers}\n\n"
        "@app.put('/members/{kind}/{number}')\n"
        f"def rename(kind: int, number: int, name: str, db: Session = Depends(get_db)):\n{chosen}"
        "    member.name = name\n    db.commit()\n",
        encoding="utf-8",
    )
    columns = "".join(f"    f{n} = Column(Integer)\n" for n in range(12))
    (tmp_path / "db.py").write_text(
        "from sqlalchemy.orm import declarative_base\nfrom sqlalchemy import Column, Integer, String\n"
        "Base = declarative_base()\n\n\nclass Member(Base):\n    id = Column(Integer, primary_key=True)\n"
        f"{columns}    name = Column(String)\n\n\ndef get_db():\n    yield None\n",
        encoding="utf-8",
    )
    (endpoint,) = review_path(tmp_path, ".", Options(cache=False, jobs=1)).result.endpoints
    (update,) = (one for one in endpoint.objects if one.operation == "update")
    assert update.keys == ("f0 from path number",)


@pytest.mark.parametrize("chosen", [(), ("sql-injection", "cors-misconfiguration")], ids=["all", "chosen"])
def test_an_error_in_one_check_costs_that_check_alone(
    chosen: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its suppressions are not stale, other findings stand with their repairs, and the report says what is missing."""
    code = (
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/a')\ndef a():\n"
        "    # rearguard: ignore[cors-misconfiguration] nobody asks from elsewhere\n"
        "    sqlite3.connect('x').execute('SELECT ' + request.args['key'] + ' FROM t WHERE id = ' + request.args['id'])\n"
        "    return {}\n"
    )
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    check = next(one for one in CHECKS if one.rule.id == "cors-misconfiguration")
    options = Options(only=frozenset(chosen))
    whole = review_path(tmp_path, ".", options).result

    def fails(*_: object) -> Iterator[Draft]:
        raise RecursionError

    monkeypatch.setattr(type(check), "run", fails)
    result = review_path(tmp_path, ".", options).result
    assert [(f.rule.id, f.fix) for f in result.findings] == [(f.rule.id, f.fix) for f in whole.findings]
    assert [f.rule.id for f in result.findings if f.rule.id == "sql-injection"]
    assert result.stale_suppressions == ()
    (note,) = result.notes
    assert note.startswith(
        "cors-misconfiguration said nothing: internal error (RecursionError in test_review"
    )
    with pytest.raises(RecursionError):
        run_checks(
            analyse_sources(sources := [Source("app.py", code.encode(), "python")], lower(sources, 1)),
            [check],
        )
