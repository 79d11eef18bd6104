"""`review.html`: one file that loads nothing, in which reviewed text is only text."""

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from rearguard.report import render_html
from rearguard.report.html.markup import link, prose, tag

from packages.rearguard.tests.report.test_report_matrix import with_cells

VOID = {"meta", "input", "br", "hr"}


@dataclass
class Document(HTMLParser):
    """What a parser makes of the page."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attrs)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        where = self.open[-1] if self.open else ""
        self.texts[where] = self.texts.get(where, "") + data

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for element, attributes in self.elements if element == name]


def parsed(text: str) -> Document:
    document = Document()
    document.feed(text)
    document.close()
    assert document.open == []
    return document


def test_every_finding_with_its_path_and_repair(sample: Any) -> None:
    document = parsed(render_html(sample.result, sample.sources))
    findings = [one for one in document.of("details") if one.get("class") == "finding"]
    assert [one["id"] for one in findings] == ["finding-1", "finding-2", "finding-3", "finding-4", "finding-5", "question-1"]  # fmt: skip
    assert [one["data-severity"] for one in findings][:2] == ["critical", "high"]
    assert [one["id"] for one in findings if "data-repair" in one] == ["finding-1", "finding-3"]
    assert [one["id"] for one in findings if "open" in one] == ["finding-1", "finding-2", "finding-3"]
    text = render_html(sample.result, sample.sources)
    assert "nothing compares its owner" in text
    assert "replacements: { status }" in text
    assert "%27%20OR%20%271%27=%271" in text
    assert "the pool has one" in text  # the reason of the suppressed one


def test_links_inside_the_page_lead_somewhere(sample: Any) -> None:
    document = parsed(render_html(with_cells(sample), sample.sources))
    ids = [attributes["id"] for _, attributes in document.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    inside = [one["href"] or "" for one in document.of("a") if (one["href"] or "").startswith("#")]
    assert inside
    assert {href[1:] for href in inside} <= set(ids)
    opened = {attributes["data-opens"] for attributes in document.of("th") if "data-opens" in attributes}
    assert opened <= set(ids)
    assert len(opened) == len(sample.result.endpoints)


def test_the_policy_lets_only_its_own_style_and_script_act(sample: Any) -> None:
    document = parsed(render_html(sample.result, sample.sources))
    policy = next(
        m["content"] for m in document.of("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    for element in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(document.texts[element].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    loading = {"src", "srcset", "style", "action", "background", "poster"}
    for _, attributes in document.elements:
        assert not loading & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
    assert document.of("link") == []


def test_hostile_text_stays_text(sample: Any) -> None:
    """Every text that a reviewed tree can choose, set to what would be structure."""
    evil = "\"'></td></pre></script><script>alert(1)</script><img src=x onerror=alert(1)> `<b>` javascript:x"
    endpoints = tuple(
        replace(
            one,
            path=evil,
            handler=evil,
            inputs=(evil,),
            public=evil,
            cells=tuple(replace(cell, state=evil, reason=evil) for cell in one.cells),
            objects=tuple(replace(o, resource=evil, keys=(evil,), reason=evil) for o in one.objects),
        )
        for one in with_cells(sample).endpoints
    )
    findings = tuple(
        replace(one, message=evil, why=evil, confidence_reason=evil, advice=evil, reported_by=(evil,),
                endpoint=endpoints[0] if one.endpoint else None)
        for one in sample.result.findings
    )  # fmt: skip
    told = replace(sample.result, root=evil, endpoints=endpoints, findings=findings, notes=(evil,))
    plain = replace(sample.result, endpoints=with_cells(sample).endpoints, notes=("a note",))
    after = parsed(render_html(told, sample.sources))
    before = parsed(render_html(plain, sample.sources))
    kinds = {name for name, _ in after.elements}
    assert kinds == {name for name, _ in before.elements} | {"code"}
    assert len(after.of("script")) == 1
    assert after.texts["script"] == before.texts["script"]
    for attributes in after.of("a"):
        target = attributes["href"] or ""
        assert target.startswith(
            ("#", "https://cwe.mitre.org/", "https://owasp.org/", "https://github.com/OWASP/")
        )


def test_the_same_result_gives_the_same_bytes(sample: Any) -> None:
    first = render_html(sample.result, sample.sources)
    assert first == render_html(sample.result, dict(reversed(sample.sources.items())))
    assert "2026" not in first
    assert "at 2026-01-02T03:04:05Z" in render_html(
        sample.result, sample.sources, timestamp="2026-01-02T03:04:05Z"
    )


def test_nothing_examined_is_said(sample: Any) -> None:
    coverage = replace(sample.result.coverage, files=0, lines=0, endpoints=0)
    nothing = replace(sample.result, findings=(), suppressed=(), endpoints=(), coverage=coverage)
    text = render_html(nothing, {})
    parsed(text)
    assert "Nothing was examined" in text
    assert "No routes were recognised." in text
    assert "no proof of absence" in text


def test_a_login_that_asks_for_no_login_is_no_alarm(sample: Any) -> None:
    result = with_cells(sample)
    first = result.endpoints[0]
    cell = replace(first.cells[0], state="none")
    for public, kind in (("", "alarm"), ("login", "known")):
        told = replace(first, cells=(cell, *first.cells[1:]), public=public)
        text = render_html(replace(result, endpoints=(told,)), sample.sources)
        assert re.search(r'<td class="(\w+)">none</td>', text)[1] == kind  # type: ignore[index]


def test_markup_is_made_by_elements_alone() -> None:
    assert tag("p", "<b>", title='"x"').text == '<p title="&quot;x&quot;">&lt;b&gt;</p>'
    assert prose("call `a < b` now").text == "call <code>a &lt; b</code> now"
    assert tag("input", checked=True, hidden=False, value="").text == "<input checked>"
    with pytest.raises(ValueError, match="not an address"):
        link("x", "javascript:alert(1)")
