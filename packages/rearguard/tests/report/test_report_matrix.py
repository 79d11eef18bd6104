"""The access matrix as reports show it."""

import io
import json
from dataclasses import replace
from typing import Any

import jsonschema
from rearguard.findings import MatrixCell, ReviewResult, TouchedObject
from rearguard.program import Step
from rearguard.report import print_matrix, render_json, render_markdown
from rearguard.report.json_report import schema
from rich.console import Console


def with_cells(sample: Any) -> ReviewResult:
    first = sample.result.endpoints[0]
    place = first.location
    cells = (
        MatrixCell(
            "authentication", "required", "requireAuth refuses strangers", (Step(place, "401", "guard"),)
        ),
        MatrixCell("csrf", "missing", "nothing tells the own pages from other sites"),
        MatrixCell("tenant", "unknown", "the query could not be read"),
    )
    touched = TouchedObject(
        "update", "orders", ("id from path id",), "open", "nobody is compared", "user_id", place
    )
    endpoint = replace(first, cells=cells, objects=(touched,))
    result: ReviewResult = replace(
        sample.result, endpoints=(endpoint, *sample.result.endpoints[1:]), findings=()
    )
    return result


def test_terminal(sample: Any) -> None:
    out = io.StringIO()
    print_matrix(with_cells(sample), sample.sources, Console(file=out, width=80, color_system=None))
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("GET /orders")
    assert "  login    required    requireAuth refuses strangers" in lines[1]
    assert "  forgery  missing     nothing tells the own pages from other sites" in lines[2] + lines[3]
    assert any("update orders by id from path id: open" in line for line in lines)
    assert lines[-1] == "4 routes, 3 cells: 2 decided, 1 unknown."
    assert all(len(line) <= 80 for line in lines)


def test_json(sample: Any) -> None:
    document = json.loads(render_json(with_cells(sample), sample.sources))
    jsonschema.Draft202012Validator(schema()).validate(document)
    row = document["endpoints"][0]
    assert row["matrix"]["authentication"]["state"] == "required"
    assert row["matrix"]["authentication"]["evidence"][0]["path"] == row["location"]["path"]
    assert row["objects"][0]["keys"] == ["id from path id"]


def test_markdown(sample: Any) -> None:
    text = render_markdown(with_cells(sample), sample.sources)
    assert "### Access matrix" in text
    assert "**missing**" in text
