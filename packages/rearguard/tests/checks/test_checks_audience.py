"""Whom findings are for, which no tag of a page says."""

from rearguard.checks import CHECKS
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.read import lower

LOGGED = """
import logging

from flask import Flask, request

app = Flask(__name__)
log = logging.getLogger(__name__)


@app.get("/items/<name>")
def item(name):
    log.info(f"item {name}")
    return {}


@app.post("/items")
def made():
    log.debug(f"made {request.json['title']}")
    return {}


@app.post("/other")
def other():
    log.info(f"made {request.json['title']}")
    return {}
"""
SWALLOWED = """
import logging

import requests
from flask import Flask

app = Flask(__name__)
log = logging.getLogger(__name__)


@app.get("/news")
def news():
    try:
        return {"news": requests.get("https://news.example.com/", timeout=3).text}
    except Exception:
        return {"news": ""}


@app.post("/news")
def told():
    log.info("told")
    try:
        requests.post("https://news.example.com/", timeout=3)
    except Exception:
        pass
    return {}
"""


def audiences(models: Models, text: str, check: str) -> dict[int, str]:
    """Line -> audience of what one check reports."""
    sources = [Source("app.py", text.encode(), "python")]
    program = analyse_sources(sources, lower(sources, 1), models=models)
    drafts = run_checks(program, [one for one in CHECKS if one.rule.id == check])
    return {
        program.sources["app.py"].line_of(d.finding.location.start): str(d.finding.rule.audience.value)
        for d in drafts
    }


def test_lines_for_developers_and_parts_of_paths_in_a_log_are_asked_of_audits_alone(
    all_models: Models,
) -> None:
    assert audiences(all_models, LOGGED, "log-injection") == {12: "audit", 24: "default"}


def test_a_look_up_that_goes_on_without_its_answer_is_told_to_audits_alone(all_models: Models) -> None:
    assert audiences(all_models, SWALLOWED, "swallowed-error") == {15: "audit", 24: "default"}
