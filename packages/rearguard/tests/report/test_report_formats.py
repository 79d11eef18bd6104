"""Reports for GitLab and JUnit's readers: held to what their documents require of every field.

The schemas are written here, in the parts that a report of ours can touch:
https://gitlab.com/gitlab-org/security-products/security-report-schemas (15.2.1),
https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format,
https://github.com/testmoapp/junitxml
"""

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from rearguard.report.formats import code_quality, gitlab_sast, junit

_TEXT = {"type": "string", "minLength": 1}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"}
_TOOL = {
    "type": "object",
    "required": ["id", "name", "version", "vendor"],
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "version": _TEXT,
        "vendor": {"type": "object", "required": ["name"], "properties": {"name": _TEXT}},
    },
}
SAST = {
    "type": "object",
    "required": ["version", "vulnerabilities", "scan"],
    "properties": {
        "version": {"const": "15.2.1"},
        "scan": {
            "type": "object",
            "required": ["analyzer", "end_time", "scanner", "start_time", "status", "type"],
            "properties": {
                "analyzer": _TOOL,
                "scanner": _TOOL,
                "start_time": _TIME,
                "end_time": _TIME,
                "status": {"enum": ["success", "failure"]},
                "type": {"const": "sast"},
            },
        },
        "vulnerabilities": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "identifiers", "location"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
                    "name": {"type": "string", "maxLength": 255},
                    "description": {"type": "string", "maxLength": 1_048_576},
                    "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
                    "solution": {"type": "string", "maxLength": 7000},
                    "identifiers": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["type", "name", "value"],
                            "properties": {
                                "type": _TEXT,
                                "name": _TEXT,
                                "value": _TEXT,
                                "url": {"type": "string", "pattern": "^(https?|ftp)://.+", "maxLength": 2048},
                            },
                        },
                    },
                    "location": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "minLength": 1, "pattern": "^[^/]"},
                            "start_line": {"type": "integer", "minimum": 1},
                            "end_line": {"type": "integer", "minimum": 1},
                            "class": {"type": "string"},
                            "method": {"type": "string"},
                        },
                        "additionalProperties": False,
                    },
                    "tracking": {
                        "type": "object",
                        "required": ["type", "items"],
                        "properties": {
                            "type": {"const": "source"},
                            "items": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "object",
                                    "required": ["signatures"],
                                    "properties": {
                                        "signatures": {
                                            "type": "array",
                                            "minItems": 1,
                                            "items": {
                                                "type": "object",
                                                "required": ["algorithm", "value"],
                                                "properties": {"algorithm": _TEXT, "value": _TEXT},
                                            },
                                        }
                                    },
                                },
                            },
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": _TEXT,
            "check_name": _TEXT,
            "fingerprint": _TEXT,
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\.?/).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("timestamp", ["", "2026-11-29T12:00:00+00:00"])
def test_gitlab_takes_the_report_of_static_analysis(sample: Any, timestamp: str) -> None:
    report = json.loads(gitlab_sast(sample.result, sample.sources, timestamp))
    jsonschema.Draft7Validator(SAST).validate(report)
    assert len(report["vulnerabilities"]) == len(sample.result.findings) > 0
    assert len({one["id"] for one in report["vulnerabilities"]}) == len(report["vulnerabilities"])
    assert all(
        one["location"].get("start_line", 1) <= one["location"].get("end_line", 1)
        for one in report["vulnerabilities"]
    )


def test_gitlab_takes_the_report_of_code_quality(sample: Any) -> None:
    report = json.loads(code_quality(sample.result, sample.sources))
    jsonschema.Draft7Validator(QUALITY).validate(report)
    assert len({one["fingerprint"] for one in report}) == len(report) > 0


def test_the_counts_of_junit_are_those_of_its_cases(sample: Any) -> None:
    root = ElementTree.fromstring(junit(sample.result, sample.sources))
    assert root.tag == "testsuites"
    for holder in (root, *root.findall("testsuite")):
        cases = list(holder.iter("testcase"))
        assert int(holder.attrib["tests"]) == len(cases)
        assert int(holder.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(holder.attrib["skipped"]) == sum(case.find("skipped") is not None for case in cases)
        assert holder.attrib["errors"] == "0"
    for case in root.iter("testcase"):
        assert case.attrib["name"]
        assert case.attrib["classname"]
        assert len(case) <= 1
