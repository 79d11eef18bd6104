"""A tree that is read several times: what was analysed is not analysed again, and says the same."""

from pathlib import Path

import pytest
from rearguard.report.json_report import render_json
from rearguard.review import Options, open_path, pipeline
from rearguard.review.pipeline import Opened

APP = """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def index():
    return "<b>" + request.args["name"] + "</b>"
"""
OPTIONS = Options(jobs=1, cache=False, repair=False)


def _said(opened: Opened) -> str:
    reviewed = opened.review(OPTIONS)
    return render_json(reviewed.result, reviewed.sources)


def test_a_kept_tree_is_analysed_once_and_a_changed_one_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    opened = open_path(tmp_path, ".", OPTIONS)
    plain = _said(opened)
    analysed = 0
    analyse = pipeline.analyse_sources

    def counted(*given: object, **named: object) -> pipeline.Program:
        nonlocal analysed
        analysed += 1
        return analyse(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "analyse_sources", counted)
    kept = opened.keeping()
    assert [_said(kept) for _ in range(2)] == [plain, plain]
    assert analysed == 1
    (source,) = kept.sources
    safe = type(source)(source.path, source.text.replace(b'"<b>" + ', b""), source.language)
    changed = kept.changed({source.path: safe})
    assert _said(changed) != plain
    assert _said(kept) == plain
    assert analysed == 2
