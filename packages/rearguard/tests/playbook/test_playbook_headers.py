"""Section 5 of the playbook: security headers and CSP, against both applications."""

import json
import logging
import re
from typing import Any

import pytest

PAGE = "security-headers-csp"
EXPECTED = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.fixture(params=["fastapi", "express"])
def http(request: pytest.FixtureRequest) -> Any:
    if request.param == "express":
        return request.getfixturevalue("express_http")(PAGE)
    module = request.getfixturevalue("python_page")(PAGE)
    caplog = request.getfixturevalue("caplog")
    caplog.set_level(logging.INFO)
    started = request.getfixturevalue("fastapi_http")(module.create_app())
    started.log_lines = lambda: [r.getMessage() for r in caplog.records if r.name == "csp"]
    return started


def nonce_of(policy: str) -> str:
    found = re.search(r"script-src 'nonce-([A-Za-z0-9_-]{20,})' 'strict-dynamic'", policy)
    assert found is not None
    return found[1]


def test_every_answer_carries_the_headers(http: Any) -> None:
    for path, status in (("/", 200), ("/nowhere", 404), ("/broken", 500), ("/?name=" + "x" * 90, 422)):
        answer = http.send("GET", path)
        assert answer.status == status
        assert {name: answer.header(name) for name in EXPECTED} == EXPECTED, path
        policy = answer.header("content-security-policy")
        for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert part in policy
        assert "unsafe" not in policy
        assert "report-to csp" in answer.header("content-security-policy-report-only")
        assert answer.header("x-powered-by") is None
        assert b"something internal" not in answer.body


def test_nonce_is_fresh_and_in_the_page(http: Any) -> None:
    first, second = http.send("GET", "/"), http.send("GET", "/")
    nonces = [nonce_of(a.header("content-security-policy")) for a in (first, second)]
    assert nonces[0] != nonces[1]
    assert f"<script nonce={nonces[0]}>".encode() in first.body


def test_output_is_encoded(http: Any) -> None:
    answer = http.send("GET", "/?name=%3Cscript%3Ealert(1)%3C/script%3E%22'")
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#" in answer.body
    assert answer.body.count(b"<script") == 1


def test_reports_are_bounded_and_logged_on_one_line(http: Any) -> None:
    report = {
        "type": "csp-violation",
        "body": {
            "effectiveDirective": "script-src",
            "blockedURL": "https://evil.example/x.js?token=abc",
            "documentURL": "https://app.example.com/\nFAKE ENTRY" + "y" * 500,
        },
    }

    def post(content: bytes, kind: str = "application/reports+json") -> int:
        return int(http.send("POST", "/csp-reports", headers={"Content-Type": kind}, content=content).status)

    assert post(json.dumps([report]).encode()) == 204
    assert post(b'{"csp-report": {"blocked-uri": "inline"}}', "application/csp-report") == 204
    assert post(json.dumps([report]).encode(), "text/plain") == 415
    assert post(b"[" + b" " * 9000 + b"]") == 413
    assert post(b"{") == 400
    assert post(b'[7, {"body": 8}]') == 204
    http.send("GET", "/")
    lines = [line for line in http.log_lines() if "csp violation" in line]
    assert len(lines) == 4
    assert "script-src" in lines[0]
    assert "token=abc" not in lines[0]
    assert "\nFAKE" not in lines[0].rstrip("\n")
    assert len(lines[0]) < 700


def test_script_hash_is_the_form_that_browsers_expect(python_page: Any) -> None:
    # The example of the Content Security Policy Level 2 recommendation, section 4.2.5.
    value = python_page(PAGE).script_hash("alert('Hello, world.');")
    assert value == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
