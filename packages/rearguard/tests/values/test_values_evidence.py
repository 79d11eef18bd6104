"""How sure a flow is, and the steps that are told of it."""

from rearguard.checks import CHECKS
from rearguard.findings import Confidence, Finding
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.read import lower

_PROGRAM = """\
import subprocess

from flask import Flask, request
from somewhere import tidy

app = Flask(__name__)


def run(command):
    subprocess.run(command, shell=True)


@app.get("/direct")
def direct():
    name = request.args["name"]
    command = "echo " + name
    subprocess.run(command, shell=True)
    return {}


@app.get("/called")
def called():
    run("echo " + request.args["other"])
    return {}


@app.get("/tidied")
def tidied():
    subprocess.call("echo " + tidy(request.args["third"]), shell=True)
    return {}
"""


def findings(models: Models) -> dict[int, Finding]:
    """Findings by line."""
    source = Source("main.py", _PROGRAM.encode(), "python")
    program = analyse_sources([source], lower([source], 1), models=models)
    checks = [check for check in CHECKS if check.rule.id == "command-injection"]
    found = (draft.finding for draft in run_checks(program, checks))
    return {source.line_of(finding.location.start): finding for finding in found}


def lines(finding: Finding) -> list[tuple[str, int]]:
    source = Source("main.py", _PROGRAM.encode(), "python")
    return [(step.kind, source.line_of(step.span.start)) for step in finding.evidence.steps]


def test_an_unknown_call_lowers_confidence(all_models: Models) -> None:
    found = findings(all_models)
    assert {line: each.confidence for line, each in found.items()} == {
        17: Confidence.CERTAIN,
        23: Confidence.CERTAIN,
        29: Confidence.LIKELY,
    }


def test_steps_lead_from_the_input_over_later_lines_to_the_use(all_models: Models) -> None:
    assert lines(findings(all_models)[17]) == [("source", 15), ("pass", 16), ("sink", 17)]


def test_steps_lead_through_the_call(all_models: Models) -> None:
    steps = lines(findings(all_models)[23])
    assert steps[0] == ("source", 23)
    assert ("pass", 23) in steps
    assert steps[-1] == ("sink", 10)


def test_the_endpoint_and_the_request_are_named(all_models: Models) -> None:
    finding = findings(all_models)[23]
    assert finding.endpoint is not None
    assert finding.endpoint.name == "GET /called"
    assert "other=" in finding.verification[0].request
    assert 'query parameter "other"' in finding.message.lower()
