"""`review.json` keeps to its published schema, to its bytes, and to what may be said."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from rearguard.findings import Disposition, Edit, Fix, Unread
from rearguard.report import render_json
from rearguard.report.json_report import schema


def document(sample: Any, **changes: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(render_json(replace(sample.result, **changes), sample.sources))
    return loaded


def by_check(sample: Any, **changes: Any) -> dict[str, dict[str, Any]]:
    return {one["check"]: one for one in document(sample, **changes)["findings"]}


def test_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_result_keeps_to_the_schema(sample: Any) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(document(sample))
    text = render_json(sample.result, sample.sources, timestamp="2026-01-02T03:04:05Z")
    validator.validate(json.loads(text))


def test_the_schema_refuses_what_is_not_published(sample: Any) -> None:
    extended = document(sample) | {"extra": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(extended)


def test_the_same_result_gives_the_same_bytes(sample: Any) -> None:
    text = render_json(sample.result, sample.sources)
    assert text == render_json(sample.result, dict(reversed(sample.sources.items())))
    assert text.endswith("}\n")
    assert "timestamp" not in text
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_a_finding(sample: Any) -> None:
    found = by_check(sample)["sql-injection"]
    assert found["cwe"] == "CWE-89"
    assert (found["owasp_2021"], found["owasp_2025"]) == ("A03:2021", "A05:2025")
    assert found["asvs"] == ["v5.0.0-1.2.4"]
    assert found["endpoint"] == "GET /orders"
    assert found["location"] == {
        "path": "src/repo.js", "line": 3, "column": 3, "end_line": 3, "end_column": 69,
    }  # fmt: skip
    assert [step["kind"] for step in found["evidence"]] == ["source", "pass", "pass", "sink"]
    assert found["evidence"][0]["quote"] == "  res.json(await repo.findOrders(req.query.status))"
    assert "replacements: { status }" in found["revised_code"]
    assert found["fix"]["applicable"] is True
    assert found["fix"]["edits"][0]["column"] == 19


def test_no_secret(sample: Any) -> None:
    assert "hunter2" not in render_json(sample.result, sample.sources)


def test_a_refused_repair_offers_no_edits(sample: Any) -> None:
    found = by_check(sample)["mass-assignment"]
    assert found["fix"]["refused"] == "the model's fields are not known"
    assert (found["fix"]["applicable"], found["fix"]["edits"], found["revised_code"]) == (False, [], "")


def test_an_edit_with_a_secret_is_not_offered(sample: Any) -> None:
    one = next(one for one in sample.result.findings if one.rule.id == "hardcoded-secret")
    leak = Fix("Move", Disposition.REVIEW, (Edit(one.location, 'move("hunter2-9f8e7d6c5b4a")'),))
    found = by_check(sample, findings=(replace(one, fix=leak),))["hardcoded-secret"]
    assert (found["fix"]["applicable"], found["fix"]["edits"]) == (False, [])


def test_a_name_that_is_no_utf8(sample: Any) -> None:
    unread = (Unread("caf\udce9.py", 0, "not UTF-8"),)
    coverage = replace(sample.result.coverage, unread=unread)
    text = render_json(replace(sample.result, coverage=coverage), sample.sources)
    assert "caf\\udce9.py" in text
    assert json.loads(text.encode("utf-8"))["coverage"]["unread"][0]["path"] == "caf\udce9.py"


def test_a_place_whose_source_is_missing(sample: Any) -> None:
    text = render_json(sample.result, {})
    loaded = json.loads(text)
    jsonschema.Draft202012Validator(schema()).validate(loaded)
    assert loaded["findings"][0]["location"]["line"] == 0
