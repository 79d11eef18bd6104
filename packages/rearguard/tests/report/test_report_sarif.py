"""SARIF: valid by the official schema, and saying what the standard means by each field."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rearguard.findings import (
    Confidence,
    Coverage,
    Disposition,
    Edit,
    Finding,
    Fix,
    ReviewResult,
    Rule,
    Severity,
    ToolRun,
    line_hashes,
)
from rearguard.program import Evidence, Source, Span
from rearguard.report import Provenance, render_sarif

SCHEMA = Path(__file__).parents[4] / "third_party" / "sarif" / "sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def run(sample: Any, **options: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(render_sarif(sample.result, sample.sources, **options))["runs"][0]
    return loaded


def result(sample: Any, check: str, **options: Any) -> dict[str, Any]:
    (found,) = [one for one in run(sample, **options)["results"] if one["ruleId"] == check]
    return found


def test_valid_by_the_official_schema(sample: Any, validator: Any) -> None:
    options: tuple[dict[str, Any], ...] = (
        {},
        {"include_suppressed": False},
        {"baseline": ["rg1:" + "0" * 32]},
        {"provenance": Provenance("https://example.com/shop.git", "a" * 40, "main")},
        {"timestamp": "2026-01-02T03:04:05Z", "category": "api"},
        {"rules": (Rule("xpath-injection", "XPath injection", 643, Severity.HIGH),)},
    )
    for chosen in options:
        validator.validate(json.loads(render_sarif(sample.result, sample.sources, **chosen)))
    validator.validate(json.loads(render_sarif(sample.result, {})))


def test_the_same_result_gives_the_same_bytes(sample: Any) -> None:
    text = render_sarif(sample.result, sample.sources)
    assert text == render_sarif(sample.result, dict(reversed(sample.sources.items())))
    assert "startTimeUtc" not in text


def test_no_secret_and_no_machine_path(sample: Any) -> None:
    text = render_sarif(sample.result, sample.sources)
    assert "hunter2" not in text
    assert "file:" not in text
    assert run(sample)["redactionTokens"] == ["[redacted]"]


def test_a_question_is_a_review_of_level_none(sample: Any) -> None:
    # SARIF 2.1.0, 3.27.10: if kind is not "fail", level is "none".
    found = result(sample, "debug-mode")
    assert (found["kind"], found["level"]) == ("review", "none")
    for one in run(sample)["results"]:
        assert (one["kind"] == "fail") == (one["level"] != "none")


def test_levels_follow_severity(sample: Any) -> None:
    assert result(sample, "sql-injection")["level"] == "error"
    assert result(sample, "open-redirect")["level"] == "warning"
    assert result(sample, "missing-timeout")["level"] == "note"


def test_the_primary_weakness_is_first_wherever_one_looks(sample: Any) -> None:
    found = result(sample, "sql-injection")
    assert found["properties"]["cwe"] == ["CWE-89"]
    assert found["taxa"][0]["id"] == "89"
    assert found["taxa"][0]["toolComponent"]["name"] == "CWE"
    rule = run(sample)["tool"]["driver"]["rules"][found["ruleIndex"]]
    assert rule["id"] == "sql-injection"
    assert rule["properties"]["cwe"] == ["CWE-89", "CWE-564"]
    assert rule["properties"]["tags"][:3] == ["security", "external/cwe/cwe-89", "external/cwe/cwe-564"]
    assert rule["properties"]["security-severity"] == "8.0"


def references(value: Any) -> Iterator[dict[str, Any]]:
    """Every reference to a taxon in a run."""
    if isinstance(value, dict):
        if "toolComponent" in value:
            yield value
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_to_its_taxon(sample: Any) -> None:
    whole = run(sample)
    found = list(references(whole["results"])) + list(references(whole["tool"]))
    assert {one["toolComponent"]["name"] for one in found} == {
        "CWE",
        "OWASP Top 10 2021",
        "OWASP Top 10 2025",
        "OWASP ASVS",
        "OWASP API Security Top 10 2023",
    }
    for one in found:
        taxonomy = whole["taxonomies"][one["toolComponent"]["index"]]
        assert taxonomy["name"] == one["toolComponent"]["name"]
        assert taxonomy["taxa"][one["index"]]["id"] == one["id"]


def test_every_artifact_index_leads_to_its_uri(sample: Any) -> None:
    whole = run(sample)

    def locations(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if "uri" in value and "index" in value:
                yield value
            for inner in value.values():
                yield from locations(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from locations(inner)

    found = list(locations(whole["results"]))
    assert found
    for one in found:
        assert whole["artifacts"][one["index"]]["location"]["uri"] == one["uri"]
        assert one["uriBaseId"] == "%SRCROOT%"
    assert "uri" not in whole["originalUriBaseIds"]["%SRCROOT%"]


def test_uris_are_percent_encoded(sample: Any) -> None:
    found = result(sample, "open-redirect")["locations"][0]["physicalLocation"]["artifactLocation"]
    assert found["uri"] == "src/public%20app.js"
    assert unquote(found["uri"]) == "src/public app.js"


def test_a_flow_enters_the_other_file(sample: Any) -> None:
    found = result(sample, "sql-injection")
    steps = found["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["kinds"] for step in steps] == [["source"], ["pass"], ["pass"], ["sink"]]
    assert [step["nestingLevel"] for step in steps] == [0, 0, 1, 1]
    assert [step["importance"] for step in steps] == ["essential", "important", "important", "essential"]


def test_contrast_is_a_related_place(sample: Any) -> None:
    found = result(sample, "insecure-direct-object-reference")
    (related,) = found["relatedLocations"]
    assert related["message"]["text"] == "the delete route restricts the owner"
    assert related["physicalLocation"]["region"]["startLine"] == 15


def test_fingerprints(sample: Any) -> None:
    found = result(sample, "sql-injection")
    assert re.fullmatch(r"rg1:[0-9a-f]{32}", found["fingerprints"]["rearguard/v1"])
    expected = line_hashes(sample.sources["src/repo.js"].text)[2]
    assert found["partialFingerprints"] == {"primaryLocationLineHash": expected}


def test_suppressed_results_are_in_the_full_file_only(sample: Any) -> None:
    assert result(sample, "missing-timeout")["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "the pool has one"}
    ]
    upload = run(sample, include_suppressed=False)
    assert not [one for one in upload["results"] if "suppressions" in one]


def test_baseline_state_only_with_a_baseline(sample: Any) -> None:
    assert not [one for one in run(sample)["results"] if "baselineState" in one]
    known = result(sample, "sql-injection")["fingerprints"]["rearguard/v1"]
    states = {one["ruleId"]: one["baselineState"] for one in run(sample, baseline=[known])["results"]}
    assert states["sql-injection"] == "unchanged"
    assert set(states.values()) == {"unchanged", "new"}


def test_success_only_at_full_coverage(sample: Any) -> None:
    (invocation,) = run(sample)["invocations"]
    assert invocation["executionSuccessful"] is False
    reasons = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert "larger than 2 MB" in reasons
    assert "the path is computed" in reasons
    whole = replace(sample.result, coverage=replace(sample.result.coverage, unread=()))
    complete = json.loads(render_sarif(whole, sample.sources))["runs"][0]
    assert complete["invocations"][0]["executionSuccessful"] is True
    failed = replace(whole, tools=(ToolRun("semgrep", "1.0", "failed", "no rules"),))
    broken = json.loads(render_sarif(failed, sample.sources))["runs"][0]
    assert broken["invocations"][0]["executionSuccessful"] is False


def test_rules_that_found_nothing_are_listed_when_given(sample: Any) -> None:
    rule = Rule("xpath-injection", "XPath injection", 643, Severity.HIGH)
    ids = [one["id"] for one in run(sample, rules=(rule,))["tool"]["driver"]["rules"]]
    assert "xpath-injection" in ids
    assert ids == sorted(ids)


def test_a_refused_repair_is_no_fix(sample: Any) -> None:
    assert "fixes" not in result(sample, "mass-assignment")


def review(finding: Finding) -> ReviewResult:
    coverage = Coverage(1, 1, {}, 0, 0, 0, 0, (), (), {}, ())
    return ReviewResult("x", (finding,), (), (), (), coverage, (), 1)


def test_message_words_are_only_words() -> None:
    source = Source("a.py", b"x\n", "python")
    finding = Finding(
        rule=Rule("sql-injection", "SQL injection", 89, Severity.HIGH), location=Span("a.py", 0, 1),
        message="see [here](http://evil.example) and {0}", why="", severity=Severity.HIGH,
        confidence=Confidence.LIKELY, confidence_reason="", evidence=Evidence(()),
    )  # fmt: skip
    found = json.loads(render_sarif(review(finding), {"a.py": source}))["runs"][0]["results"][0]
    # SARIF 2.1.0, 3.11.5 and 3.11.6: braces double, brackets of a link take a backslash.
    assert found["message"]["text"] == "see \\[here](http://evil.example) and {{0}}"


TEXT = st.text(alphabet="ab é😀\n\r\u2028", max_size=30).map(lambda text: text.replace("\r", "\r\n"))


def applied(text: str, fix: dict[str, Any]) -> str:
    """What a consumer makes of a fix: regions in lines and code points of the text without its mark."""
    text = text.removeprefix("\ufeff")
    starts = [0, *(index + 1 for index, unit in enumerate(text) if unit == "\n")]
    (change,) = fix["artifactChanges"]
    for one in reversed(change["replacements"]):
        region = one["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + one["insertedContent"]["text"] + text[end:]
    return text


@given(TEXT, st.booleans(), st.data())
def test_fix_regions_mean_the_same_as_the_edits(text: str, mark: bool, data: st.DataObject) -> None:
    """For any text, any line ending, any characters, with or without a byte order mark."""
    points = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    head = b"\xef\xbb\xbf" if mark else b""
    offsets = [len(head) + len(text[:point].encode()) for point in points]
    source = Source("a.py", head + text.encode(), "python")
    edits = (
        Edit(Span("a.py", offsets[0], offsets[1]), "ONE"),
        Edit(Span("a.py", offsets[2], offsets[3]), "TWO"),
    )
    finding = Finding(
        rule=Rule("sql-injection", "SQL injection", 89, Severity.HIGH), location=edits[0].span, message="",
        why="", severity=Severity.HIGH, confidence=Confidence.LIKELY, confidence_reason="",
        evidence=Evidence(()), fix=Fix("t", Disposition.SAFE, edits),
    )  # fmt: skip
    found = json.loads(render_sarif(review(finding), {"a.py": source}))["runs"][0]["results"][0]
    expected = text[: points[0]] + "ONE" + text[points[1] : points[2]] + "TWO" + text[points[3] :]
    assert applied(source.text.decode(), found["fixes"][0]) == expected
