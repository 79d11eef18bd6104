"""Security headers on every response, nonces per response, report-only, and the report collector."""

import json

import pytest
from strongback.errors import ConfigurationError, StoreUnavailableError
from strongback.http.asgi import Receive, Scope, Send, Start
from strongback.http.boundary import ErrorBoundary
from strongback.http.csp import NONCE, ContentSecurityPolicy, CspReports, csp_nonce, source_hash
from strongback.http.headers import SecurityHeaders
from strongback.http.steps import Steps, guard
from strongback.identity import Principal
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness

from packages.strongback.tests.http.call import answering, call

pytestmark = pytest.mark.anyio

HTML = (("content-type", "text/html"),)


async def test_data_gets_the_strictest_policy() -> None:
    answer = await call(SecurityHeaders().around(answering()))
    assert answer["content-security-policy"].startswith(
        "default-src 'none'; base-uri 'none'; frame-ancestors"
    )
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["x-frame-options"] == "DENY"
    assert answer["referrer-policy"] == "no-referrer"
    assert answer["cross-origin-resource-policy"] == "same-origin"
    assert answer.all("permissions-policy") == []  # speaks about documents
    assert answer["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert answer.all("cache-control") == []


@pytest.mark.parametrize("status", [200, 301, 404, 500])
async def test_errors_carry_the_headers_too(status: int) -> None:
    answer = await call(SecurityHeaders().around(answering(status=status)))
    assert answer["x-content-type-options"] == "nosniff"


async def test_hsts_is_not_sent_over_plain_http() -> None:
    answer = await call(SecurityHeaders().around(answering()), scheme="http")
    assert answer.all("strict-transport-security") == []


async def test_what_an_application_says_of_hsts_is_replaced_not_sent_beside_ours() -> None:
    own = answering(headers=[("strict-transport-security", "max-age=0")])
    answer = await call(SecurityHeaders().around(own))
    assert answer.all("strict-transport-security") == ["max-age=31536000; includeSubDomains"]


async def test_pages_get_a_fresh_nonce_each_and_are_not_cached(rng: SeededRandomness) -> None:
    seen: list[str] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(csp_nonce(scope))
        await answering(b"<p>", headers=HTML)(scope, receive, send)

    guarded = SecurityHeaders(rng=rng).around(page)
    answers = [await call(guarded) for _ in range(3)]
    for nonce, answer in zip(seen, answers, strict=True):
        policy = answer["content-security-policy"]
        assert f"script-src 'nonce-{nonce}' 'strict-dynamic'" in policy
        assert "object-src 'none'; base-uri 'none'; frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer["cache-control"] == "no-store"
        assert answer["cross-origin-opener-policy"] == "same-origin"
        assert answer["permissions-policy"].startswith("accelerometer=()")
        assert answer["content-type"] == "text/html; charset=utf-8"
    assert len(set(seen)) == 3
    assert {len(nonce) for nonce in seen} == {24}  # 144 bits in base64


async def test_the_common_answer_and_any_other_carry_the_same_headers() -> None:
    usual = await call(SecurityHeaders().around(answering()))
    marked = await call(
        SecurityHeaders().around(answering(headers=(("content-type", "application/json"), ("server", "x"))))
    )
    assert sorted(usual.raw) == sorted(marked.raw)


async def test_a_nonce_that_came_from_outside_is_not_used() -> None:
    guarded = SecurityHeaders().around(answering(headers=HTML))
    answer = await call(guarded, **{"strongback.csp_nonce": "chosen"})
    assert "chosen" not in answer["content-security-policy"]


async def test_a_hash_permits_one_inline_script_on_a_page_that_may_be_cached() -> None:
    # The example of CSP Level 2, section 7.17.2.
    hashed = source_hash("alert('Hello, world.');")
    assert hashed == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    none = ("'none'",)
    pages = ContentSecurityPolicy(
        {"script-src": (hashed,), "object-src": none, "base-uri": none, "frame-ancestors": none}
    )
    answer = await call(SecurityHeaders(pages=pages).around(answering(headers=HTML)))
    assert f"script-src {hashed};" in answer["content-security-policy"]
    assert answer.all("cache-control") == []


@pytest.mark.parametrize("kind", ["image/svg+xml", "application/xhtml+xml", "text/xml"])
async def test_xml_that_can_run_scripts_counts_as_a_page(kind: str) -> None:
    answer = await call(SecurityHeaders().around(answering(headers=(("content-type", kind),))))
    assert "script-src 'nonce-" in answer["content-security-policy"]


async def test_report_only_stands_beside_the_enforced_policy() -> None:
    stricter = ContentSecurityPolicy.for_pages().extend(img_src=("https://cdn.example.com",))
    headers = SecurityHeaders(report_only=stricter, report_path="/csp-reports")
    answer = await call(headers.around(answering(b"", headers=HTML)))
    assert answer["content-security-policy"].endswith("report-uri /csp-reports; report-to csp")
    assert "img-src 'self' https://cdn.example.com" in answer["content-security-policy-report-only"]
    assert answer["reporting-endpoints"] == 'csp="/csp-reports"'


async def test_what_the_application_set_stays_and_what_discloses_goes() -> None:
    own = (
        ("content-type", "text/html"),
        ("content-security-policy", "default-src 'none'"),
        ("server", "x/1.2"),
        ("x-powered-by", "y"),
        ("x-content-type-options", "wrong"),
    )
    answer = await call(SecurityHeaders().around(answering(headers=own)))
    assert answer["content-security-policy"] == "default-src 'none'"
    assert answer["x-content-type-options"] == "nosniff"
    assert answer.all("server") == answer.all("x-powered-by") == []


async def test_responses_to_a_principal_are_not_stored() -> None:
    extra = {"strongback.principal": Principal("ada")}
    answer = await call(SecurityHeaders().around(answering()), **extra)
    assert answer["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "directives",
    [
        {},
        {"default-src": ("'self'",)},
        {"script-src": ("'unsafe-inline'",), "object-src": ("'none'",), "base-uri": ("'none'",)},
        {"script-src": ("https:",), "object-src": (), "base-uri": (), "frame-ancestors": ()},
        {"script-src": ("'self'; img-src *",), "object-src": (), "base-uri": (), "frame-ancestors": ()},
        {
            "script-src": ("'self'\r\nset-cookie: a=b",),
            "object-src": (),
            "base-uri": (),
            "frame-ancestors": (),
        },
    ],
)
def test_policies_that_protect_nothing_are_refused(directives: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ConfigurationError):
        ContentSecurityPolicy(directives)


def test_hsts_below_a_year_is_refused_and_nonce_needs_the_control() -> None:
    with pytest.raises(ConfigurationError):
        SecurityHeaders(hsts_seconds=3600)
    with pytest.raises(ConfigurationError):
        csp_nonce({"type": "http"})
    assert ContentSecurityPolicy.for_pages().directives["script-src"][0] == NONCE


OLD = {
    "csp-report": {
        "blocked-uri": "https://evil.example/x.js?token=Canary1",
        "violated-directive": "script-src",
        "document-uri": "https://app/reset?code=Canary2#x",
        "line-number": 7,
        "extra": "Canary3",
    }
}
NEW = [{"type": "csp-violation", "body": {"blockedURL": "inline", "effectiveDirective": "style-src"}}]


@pytest.mark.parametrize(
    ("kind", "report"), [("application/csp-report", OLD), ("application/reports+json", NEW)]
)
async def test_reports_become_events_without_query_strings(
    kind: str, report: object, clock: FakeClock, events: EventRecorder
) -> None:
    reports = CspReports(store=MemoryStore(clock=clock), clock=clock, events=events)
    body = json.dumps(report).encode()
    answer = await call(
        reports.around(answering(status=599)), "POST", "/csp-reports", {"content-type": kind}, body
    )
    assert answer.status == 204
    assert [e.name.label for e in events.events] == ["csp.violation"]
    assert "Canary" not in events.events[0].as_json()


async def test_the_collector_is_bounded(clock: FakeClock, events: EventRecorder) -> None:
    reports = CspReports(store=MemoryStore(clock=clock), clock=clock, events=events, per_minute=4)
    guarded = reports.around(answering(status=599))
    kind = {"content-type": "application/csp-report"}
    assert (await call(guarded, "GET", "/csp-reports")).status == 405
    assert (await call(guarded, "POST", "/csp-reports", {"content-type": "text/plain"})).status == 415
    assert (await call(guarded, "POST", "/csp-reports", kind, [b"x" * 9000] * 2)).status == 413
    for junk in (b"not json", b"[[]]", b"[" * 3000):
        assert (await call(guarded, "POST", "/csp-reports", kind, junk)).status == 204
    assert (await call(guarded, "POST", "/csp-reports", kind, b"{}")).status == 429
    assert (await call(guarded, "POST", "/other")).status == 599
    assert events.events == []


async def test_the_collector_denies_when_its_store_is_down(clock: FakeClock, events: EventRecorder) -> None:
    reports = CspReports(store=BrokenStore(MemoryStore()), clock=clock, events=events)
    with pytest.raises(StoreUnavailableError):
        await call(
            reports.around(answering()), "POST", "/csp-reports", {"content-type": "application/csp-report"}
        )


async def test_a_report_that_takes_its_time_is_ended(
    clock: FakeClock, events: EventRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    monkeypatch.setattr("strongback.http.csp._READ_WITHIN", 0.01)
    reports = CspReports(store=MemoryStore(clock=clock), clock=clock, events=events)
    sent = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(600)
        return {}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/csp-reports", "client": ("203.0.113.7", 1),
        "headers": [(b"content-type", b"application/csp-report")],
    }  # fmt: skip
    await reports.around(answering())(scope, receive, send)
    assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    "pair",
    [
        ("x-name", "a\r\nset-cookie: forged=1"),
        ("x-name", "a\nb"),
        ("x-name", "a\x00b"),
        ("x-name\r\nx", "a"),
        ("location", "/a\r\n\r\n<script>"),
        ("set-cookie", "a=b; Path=/\r\nx: y"),
    ],
)
async def test_no_header_begins_another_one(
    pair: tuple[str, str], clock: FakeClock, events: EventRecorder
) -> None:
    boundary = ErrorBoundary(clock=clock, rng=SeededRandomness(), events=events)
    app = guard(answering(headers=[("content-type", "application/json"), pair]), SecurityHeaders(), boundary)
    answer = await call(app)
    assert answer.status == 500
    assert answer["x-content-type-options"] == "nosniff"
    assert not any(control in part for each in answer.raw for part in each for control in (0, 10, 13))
    assert [e.name.label for e in events.events] == ["error.unhandled"]


@pytest.mark.parametrize("replaced", [False, True])
async def test_no_header_of_a_control_begins_another_one(
    replaced: bool, clock: FakeClock, events: EventRecorder
) -> None:
    class Setting:
        def steps(self) -> Steps:
            return Steps(leave=self._leave)

        def _leave(self, scope: Scope, start: Start) -> None:
            if replaced:
                start.replace([*start.headers, (b"x-name", b"a\r\nset-cookie: forged=1")])
            else:
                start.put([(b"x-name", b"a\r\nset-cookie: forged=1")])
            start.put([(b"x-more", b"1")])

    boundary = ErrorBoundary(clock=clock, rng=SeededRandomness(), events=events)
    answer = await call(guard(answering(), boundary, SecurityHeaders(), Setting()))
    assert answer.status == 500
    assert not any(b"forged" in value for _, value in answer.raw)


def test_policies_and_paths_with_line_breaks_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        SecurityHeaders(report_path="/csp\r\nset-cookie: a=b")
