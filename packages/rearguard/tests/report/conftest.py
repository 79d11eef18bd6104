"""A review result made by hand: an Express shop with the shapes that every report must render."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from rearguard.findings import (
    Confidence,
    Coverage,
    Disposition,
    Edit,
    Endpoint,
    Finding,
    Fix,
    Request,
    ReviewResult,
    Rule,
    Severity,
    ToolRun,
    Unread,
    fingerprinted,
)
from rearguard.program import Evidence, Source, Span, Step

ORDERS = """\
const express = require('express')
const { requireAuth } = require('./auth')
const repo = require('./repo')
const router = express.Router()
router.use(requireAuth)

router.get('/orders', async (req, res) => {
  res.json(await repo.findOrders(req.query.status))
})
router.get('/orders/:id', async (req, res) => {
  const order = await Order.findByPk(req.params.id)
  res.json(order)
})
router.delete('/orders/:id', async (req, res) => {
  await Order.destroy({ where: { id: req.params.id, userId: req.user.id } })
  res.sendStatus(204)
})
module.exports = router
"""
REPO = """\
// Größe — naïve comment\r
exports.findOrders = (status) =>\r
  sequelize.query(`SELECT * FROM orders WHERE status = '${status}'`)\r
"""
SETTINGS = """\
SECRET_KEY = "hunter2-9f8e7d6c5b4a"
DEBUG = True
"""
PUBLIC = """\
app.post('/signup', async (req, res) => {
  await User.create(req.body)  // 🚀 growth
  res.redirect(req.query.next)
})
"""

SQL = Rule(
    "sql-injection", "SQL injection", 89, Severity.HIGH, asvs=("v5.0.0-1.2.4",), related=(564,),
    page="# sql-injection\n\nA value from the request becomes part of an SQL statement's text.\n",
)  # fmt: skip
IDOR = Rule(
    "insecure-direct-object-reference", "Object reached without an ownership check", 639, Severity.HIGH,
    asvs=("v5.0.0-8.2.2",), api_top10=("API1:2023",),
)  # fmt: skip
SECRET = Rule("hardcoded-secret", "Secret in the code", 798, Severity.HIGH, asvs=("v5.0.0-13.3.1",))
MASS = Rule(
    "mass-assignment",
    "Mass assignment",
    915,
    Severity.HIGH,
    asvs=("v5.0.0-15.3.3",),
    api_top10=("API3:2023",),
)
REDIRECT = Rule("open-redirect", "Open redirect", 601, Severity.MEDIUM)
DEBUG = Rule("debug-mode", "Debug mode", 489, Severity.HIGH)
TIMEOUT = Rule("missing-timeout", "Outbound call without time limit", 1088, Severity.LOW)


@dataclass(frozen=True, slots=True)
class Sample:
    """A result with the sources it quotes."""

    result: ReviewResult
    sources: Mapping[str, Source]

    def span(self, path: str, text: str, nth: int = 0) -> Span:
        return span_of(self.sources[path], text, nth)


def span_of(source: Source, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text.encode(), start + 1)
    return Span(source.path, start, start + len(text.encode()))


@pytest.fixture(scope="session")
def sample() -> Sample:
    return build()


def build() -> Sample:
    sources = {
        path: Source(path, text.encode(), language)
        for path, text, language in (
            ("src/orders.js", ORDERS, "javascript"),
            ("src/repo.js", REPO, "javascript"),
            ("settings.py", SETTINGS, "python"),
            ("src/public app.js", PUBLIC, "javascript"),
        )
    }
    endpoints = _endpoints(sources)
    every = fingerprinted(_findings(sources, endpoints), sources, lambda span: "handler.<2>")
    standing = [one for one in every if not one.suppressed]
    standing.sort(key=lambda one: (one.severity.rank, one.confidence.rank, one.location, one.rule.id))
    result = ReviewResult(
        root="shop",
        findings=tuple(standing),
        suppressed=tuple(one for one in every if one.suppressed),
        stale_suppressions=(Unread("src/orders.js", 4, "suppression of log-injection matches no finding"),),
        endpoints=endpoints,
        coverage=Coverage(
            files=4, lines=29, languages={"javascript": 3, "python": 1}, functions=5, calls=14,
            calls_resolved=11,
            endpoints=4, endpoints_unresolved=(Unread("src/plugins.js", 12, "the path is computed"),),
            unread=(Unread("dist/bundle.js", 0, "larger than 2 MB"),), unlowered={"decorator": 1},
            frameworks=("express", "sequelize"),
        ),
        tools=(
            ToolRun("rearguard", "0.1.0", "ran"),
            ToolRun("semgrep", "", "absent"),
            ToolRun("npm audit", "", "not asked"),
        ),
        level=1,
        notes=("Checks for audits were left out; --audience audit adds them.",),
    )  # fmt: skip
    return Sample(result, sources)


def _endpoints(sources: Mapping[str, Source]) -> tuple[Endpoint, ...]:
    login = "authentication: requireAuth (src/auth.js:3)"
    orders, public = sources["src/orders.js"], sources["src/public app.js"]

    def route(method: str, path: str, handler: str, ownership: str, *inputs: str) -> Endpoint:
        text = f"router.{method.lower()}('{path}'"
        return Endpoint(
            method=method, path=path, handler=f"orders.{handler}", location=span_of(orders, text),
            framework="express", chain=("requireAuth",), guards=(login,), inputs=inputs,
            authentication="required", ownership=ownership,
        )  # fmt: skip

    return (
        route("GET", "/orders", "list", "none", "query status"),
        route("GET", "/orders/:id", "read", "open", "path id"),
        route("DELETE", "/orders/:id", "remove", "restricted", "path id"),
        Endpoint(
            method="POST", path="/signup", handler="signup", location=span_of(public, "app.post('/signup'"),
            framework="express", inputs=("body", "query next"), authentication="none", ownership="none",
        ),
    )  # fmt: skip


def _findings(sources: Mapping[str, Source], endpoints: tuple[Endpoint, ...]) -> list[Finding]:
    orders, repo = sources["src/orders.js"], sources["src/repo.js"]
    settings, public = sources["settings.py"], sources["src/public app.js"]
    statement = span_of(repo, "sequelize.query(`SELECT * FROM orders WHERE status = '${status}'`)")
    sql = Finding(
        rule=SQL,
        location=statement,
        message="`req.query.status` becomes part of the text of this statement, through `findOrders`.",
        why="The client can read and change any row that the database user can. High: reachable after login.",
        severity=Severity.CRITICAL,
        confidence=Confidence.CERTAIN,
        confidence_reason="every step of the flow was resolved",
        evidence=Evidence(
            (
                Step(span_of(orders, "req.query.status"), "the client chooses this value", "source"),
                Step(span_of(orders, "repo.findOrders(req.query.status)"), "passed to `findOrders`", "pass"),
                Step(span_of(repo, "${status}"), "it fills a hole in the text", "pass"),
                Step(statement, "the text is run as SQL", "sink"),
            )
        ),
        advice="Pass the value as a replacement.",
        endpoint=endpoints[0],
        fix=Fix(
            "Bind the value",
            Disposition.SAFE,
            (
                Edit(span_of(repo, "`SELECT * FROM orders WHERE status = '${status}'`"),
                     "'SELECT * FROM orders WHERE status = :status'"),
                Edit(Span(repo.path, statement.end - 1, statement.end - 1), ", { replacements: { status } }"),
            ),
            revised="sequelize.query('SELECT * FROM orders WHERE status = :status', "
            "{ replacements: { status } })",
        ),
        verification=(
            Request(
                "Ask for a status that closes the quotation.",
                "curl -s -H \"Authorization: Bearer $TOKEN\" \"http://localhost:3000/orders?status=%27%20OR%20%271%27=%271\"",
                "an empty list, as for any unknown status",
            ),
        ),
        subject="statement",
    )  # fmt: skip
    idor = Finding(
        rule=IDOR,
        location=span_of(orders, "Order.findByPk(req.params.id)"),
        message="The order is loaded by the client's id alone; nothing compares its owner with the caller.",
        why="Every logged-in user can read every order.",
        severity=Severity.HIGH,
        confidence=Confidence.LIKELY,
        confidence_reason="`userId` says who owns an order; a policy outside the code could still decide",
        evidence=Evidence(
            (Step(span_of(orders, "req.params.id"), "the client chooses the id", "source"),
             Step(span_of(orders, "Order.findByPk(req.params.id)"), "the order is loaded by it", "sink"),
             Step(span_of(orders, "res.json(order)"), "and sent", "note")),
            contrast=(
                Step(span_of(orders, "userId: req.user.id"), "the delete route restricts the owner",
                     "contrast"),
            ),
        ),
        endpoint=endpoints[1],
        fix=Fix(
            "Restrict the owner",
            Disposition.REVIEW,
            (Edit(span_of(orders, "findByPk(req.params.id)"),
                  "findOne({ where: { id: req.params.id, userId: req.user.id } })"),),
            revised="Order.findOne({ where: { id: req.params.id, userId: req.user.id } })",
        ),
        verification=(
            Request("As user B, ask for an order of user A.",
                    "curl -i -H \"Authorization: Bearer $USER_B\" http://localhost:3000/orders/1", "404"),
            Request("As user A, ask for the same order: it must still come back."),
        ),
    )  # fmt: skip
    return [
        sql,
        idor,
        _plain(SECRET, span_of(settings, 'SECRET_KEY = "hunter2-9f8e7d6c5b4a"'),
               "The signing key stands in the code: hunter2-9f8e7d6c5b4a.",
               advice="Read it from the environment."),
        _plain(MASS, span_of(public, "User.create(req.body)"), "Every field of the body is written.",
               endpoint=endpoints[3],
               fix=Fix("Name the fields", Disposition.REVIEW, (),
                       refused="the model's fields are not known")),
        _plain(REDIRECT, span_of(public, "res.redirect(req.query.next)"), "The client chooses the target.",
               endpoint=endpoints[3]),
        _plain(DEBUG, span_of(settings, "DEBUG = True"), "Is this file used where users are?",
               confidence=Confidence.QUESTION),
        _plain(TIMEOUT, span_of(repo, "exports.findOrders"), "No time limit.", suppressed="the pool has one"),
    ]  # fmt: skip


def _plain(
    rule: Rule,
    location: Span,
    message: str,
    *,
    confidence: Confidence = Confidence.LIKELY,
    advice: str = "",
    endpoint: Endpoint | None = None,
    fix: Fix | None = None,
    suppressed: str = "",
) -> Finding:
    return Finding(
        rule=rule,
        location=location,
        message=message,
        why="It matters.",
        severity=rule.severity,
        confidence=confidence,
        confidence_reason="one fact is not known",
        evidence=Evidence((Step(location, "here", "sink"),)),
        advice=advice,
        endpoint=endpoint,
        fix=fix,
        suppressed=suppressed,
    )
