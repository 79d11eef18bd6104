"""`review.md`: the three levels, their honesty, and what they leave out."""

from dataclasses import replace
from typing import Any

from markdown_it import MarkdownIt
from rearguard.findings import ToolRun
from rearguard.report import render_markdown


def headings(markdown: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        tokens[index + 1].content
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in {"h2", "h3"}
    ]


def section(markdown: str, title: str) -> str:
    """The text from the heading `title` to the next one of its rank or higher."""
    rest = markdown.split(f"{title}\n", 1)[1]
    return rest.split("\n## ")[0].split("\n### ")[0]


def test_levels_and_their_sections(sample: Any) -> None:
    assert headings(render_markdown(sample.result, sample.sources)) == [
        "L0: for a decision",
        "What matters most",
        "Categories touched",
        "What remains at risk",
        "What was not looked at",
        "L1: for the engineer",
        "Findings",
        "Input validation",
        "Authentication flows",
        "Data access",
        "Endpoint security",
        "Suppressed",
        "L2: for the architect",
        "Posture by OWASP category",
        "Posture by ASVS chapter",
        "Dependency risk",
        "How the controls scale",
        "The path for authentication",
        "Questions for the team",
        "Tools and limits",
    ]


def test_the_same_result_gives_the_same_bytes(sample: Any) -> None:
    first = render_markdown(sample.result, sample.sources)
    assert first == render_markdown(sample.result, dict(reversed(sample.sources.items())))
    assert "2026" not in first
    assert "at 2026-01-02T03:04:05Z" in render_markdown(
        sample.result, sample.sources, timestamp="2026-01-02T03:04:05Z"
    )


def test_no_secret(sample: Any) -> None:
    assert "hunter2" not in render_markdown(sample.result, sample.sources)


def test_evidence_quotes_the_file(sample: Any) -> None:
    findings = section(render_markdown(sample.result, sample.sources), "### Findings")
    assert "    8    res.json(await repo.findOrders(req.query.status))\n" in findings
    assert "The project's own way, `src/orders.js:15`" in findings
    assert "+  sequelize.query('SELECT * FROM orders WHERE status = :status'" in findings
    assert "No revised code: re-analysis refused the repair, the model's fields are not known." in findings


def test_sast_validated_is_said_at_level_0_only(sample: Any) -> None:
    assert "SAST-validated" not in render_markdown(sample.result, sample.sources)
    assert "SAST-validated" not in render_markdown(replace(sample.result, level=2), sample.sources)
    assert "SAST-validated" in render_markdown(replace(sample.result, level=0), sample.sources)


def test_dependency_risk_is_what_is_known(sample: Any) -> None:
    without = section(render_markdown(sample.result, sample.sources), "### Dependency risk")
    assert without.strip().startswith("No dependency scanner ran, so nothing is known")
    audited = replace(sample.result, tools=(ToolRun("npm audit", "10.9", "ran"),))
    known = section(render_markdown(audited, sample.sources), "### Dependency risk")
    assert known.strip() == "npm audit 10.9 ran. 0 findings on dependencies."


def test_questions_are_no_findings(sample: Any) -> None:
    markdown = render_markdown(sample.result, sample.sources)
    assert "debug-mode" not in section(markdown, "### Findings")
    assert "debug-mode" in section(markdown, "### Questions for the team")


def test_nothing_examined_is_said(sample: Any) -> None:
    nothing = replace(
        sample.result,
        findings=(),
        suppressed=(),
        endpoints=(),
        coverage=replace(sample.result.coverage, files=0, lines=0, endpoints=0),
    )
    assert "Nothing was examined" in render_markdown(nothing, {})


def test_places_whose_sources_are_missing(sample: Any) -> None:
    findings = section(render_markdown(sample.result, {}), "### Findings")
    assert "#### 1. SQL injection: `src/repo.js`" in findings
    assert "```javascript" not in findings.split("####")[2]


def test_hostile_text_stays_text(sample: Any) -> None:
    """Every text that a reviewed tree can choose, set to what would be structure."""
    evil = "</td>\n# Heading\n- item [a](http://evil.example) ![b](c) <script>alert(1)</script> | cell `x"
    endpoints = tuple(
        replace(one, path=evil, handler=evil, inputs=(evil,), guards=(f"authentication: {evil}",))
        for one in sample.result.endpoints
    )
    findings = tuple(
        replace(
            one,
            message=evil,
            why=evil,
            confidence_reason=evil,
            advice=evil,
            endpoint=endpoints[0] if one.endpoint else None,
        )
        for one in sample.result.findings
    )
    before = MarkdownIt("gfm-like", {"linkify": False}).parse(render_markdown(sample.result, sample.sources))
    hostile = replace(sample.result, root=evil, endpoints=endpoints, findings=findings, notes=(evil,))
    after = MarkdownIt("gfm-like", {"linkify": False}).parse(render_markdown(hostile, sample.sources))

    def structure(tokens: list[Any]) -> list[str]:
        return [token.tag for token in tokens if token.type == "heading_open"]

    assert structure(after) == structure(before)
    kinds = {token.type for token in after} | {
        child.type for token in after for child in token.children or []
    }
    assert not kinds & {"html_block", "html_inline", "image"}
    targets = [
        child.attrs["href"] for token in after for child in token.children or [] if child.type == "link_open"
    ]
    assert targets
    assert all(
        target.startswith(("https://cwe.mitre.org/", "https://owasp.org/", "https://github.com/OWASP/"))
        for target in targets
    )
