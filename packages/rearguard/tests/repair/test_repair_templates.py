"""Repairs of templates: escaping is switched on where it was switched off, and nowhere is markup of the program's own broken."""

from collections.abc import Callable
from typing import Any

import pytest

FLASK = """\
from flask import Flask, render_template, request

app = Flask(__name__)


@app.get("/")
def show():
    return render_template("page.html", q={value})
"""
EXPRESS = """\
const express = require('express');
const app = express();
app.get('/', (req, res) => res.render('page', { q: req.query.q }));
module.exports = app;
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>{{ q|safe }}</p>\n", "<p>{{ q }}</p>\n"),
        ("<p>{{ q | default('') | safe }}</p>\n", "<p>{{ q | default('') }}</p>\n"),
        ('<input value="{{ q | safe }}">\n', '<input value="{{ q }}">\n'),
        (
            "{% autoescape false %}<p>{{ q }}</p>{% endautoescape %}\n",
            "{% autoescape true %}<p>{{ q }}</p>{% endautoescape %}\n",
        ),
        ("<input value={{ q|safe }}>\n", '<input value="{{ q }}">\n'),
    ],
)
def test_what_jinja_prints_is_escaped(review: Callable[..., Any], before: str, after: str) -> None:
    files = {"app.py": FLASK.format(value="request.args['q']"), "templates/page.html": before}
    assert review(files).after("cross-site-scripting") == {"templates/page.html": after}


@pytest.mark.parametrize(
    ("value", "page", "reason"),
    [
        ("request.args['q']", "<script>var q = {{ q|safe }};</script>\n", "as JSON"),
        ("request.args['q']", "<p>{{ q|markdown|safe }}</p>\n", "markdown may make markup"),
        ("request.args['q']", '<a href="{{ q|safe }}">x</a>\n', "for a person"),
        ("to_html(request.args['q'])", "<p>{{ q|safe }}</p>\n", "may be markup"),
    ],
)
def test_what_may_be_markup_is_left_to_a_person(
    review: Callable[..., Any], value: str, page: str, reason: str
) -> None:
    program = FLASK.format(value=value)
    if "to_html" in value:
        program = program.replace(
            "app = ", "def to_html(text):\n    return '<b>' + text + '</b>'\n\n\napp = "
        )
    assert reason in review({"app.py": program, "templates/page.html": page}).refusal("cross-site-scripting")


def test_escaping_is_switched_on_for_all_templates(review: Callable[..., Any]) -> None:
    program = """\
from flask import request, Flask
from jinja2 import Environment, FileSystemLoader

app = Flask(__name__)
pages = Environment(loader=FileSystemLoader("templates"), autoescape=False)


@app.get("/")
def show():
    return pages.get_template("page.html").render(q=request.args["q"])
"""
    text = review({"app.py": program, "templates/page.html": "<p>{{ q }}</p>\n"}).text("cross-site-scripting")
    assert text == program.replace("autoescape=False", "autoescape=True")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("page.ejs", "<p><%- q %></p>\n", "<p><%= q %></p>\n"),
        (
            "page.ejs",
            "<p><%- q.replace(/\\n/g, '<br>') %></p>\n",
            "<p><% for (const line of q.split('\\n')) { %><%= line %><br><% } %></p>\n",
        ),
        ("page.hbs", "<p>{{{ q }}}</p>\n", "<p>{{ q }}</p>\n"),
        ("page.hbs", "<p>{{& q}}</p>\n", "<p>{{q}}</p>\n"),
        ("page.pug", "p!= q\n", "p= q\n"),
        ("page.pug", "p Hello !{q}\n", "p Hello #{q}\n"),
    ],
)
def test_what_templates_of_node_print_is_escaped(
    review: Callable[..., Any], name: str, before: str, after: str
) -> None:
    found = review({"app.js": EXPRESS, f"views/{name}": before})
    assert found.after("cross-site-scripting") == {f"views/{name}": after}


def test_what_is_sent_as_bytes_is_escaped_before(python: Callable[[str], Any]) -> None:
    text = python("""\
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = parse_qs(urlsplit(self.path).query)["name"][0]
        self.send_response(200)
        self.send_header("Content-type", "text/html")
        self.end_headers()
        self.wfile.write(bytes("Hello %s" % name, "utf-8"))
""").text("cross-site-scripting")
    assert 'self.wfile.write(bytes("Hello %s" % html.escape(str(name)), "utf-8"))' in text


def test_a_page_that_another_function_made_is_not_escaped_where_it_is_sent(
    python: Callable[[str], Any],
) -> None:
    found = python("""\
from http.server import BaseHTTPRequestHandler

from pages import page


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = page(self.path)
        self.send_response(200)
        self.send_header("Content-type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())
""")
    assert "put together somewhere else" in found.refusal("cross-site-scripting")


@pytest.mark.parametrize("made", ["include('head', { title: q })", "paragraphs(q)"])
def test_what_a_function_of_a_template_gives_is_not_escaped(review: Callable[..., Any], made: str) -> None:
    files = {"app.js": EXPRESS, "views/page.ejs": f"<div><%- {made} %></div>\n"}
    files["views/head.ejs"] = "<h1><%= title %></h1>\n"
    for finding in review(files).findings:
        assert finding.fix is None or "may give markup" in finding.fix.refused


def test_a_method_that_makes_no_markup_is_escaped_with_its_value(review: Callable[..., Any]) -> None:
    files = {"app.js": EXPRESS, "views/page.ejs": "<p><%- q.trim() %></p>\n"}
    assert review(files).after("cross-site-scripting") == {"views/page.ejs": "<p><%= q.trim() %></p>\n"}


def test_what_a_library_draws_is_not_escaped_whole(review: Callable[..., Any]) -> None:
    program = (
        "const express = require('express');\nconst QRCode = require('qrcode');\nconst app = express();\n"
        "app.get('/', async (req, res) => {\n"
        "  const svg = await QRCode.toString(req.query.q, { type: 'svg' });\n"
        "  res.type('html').send(svg);\n});\n"
    )
    assert "put together somewhere else" in review({"app.js": program}).refusal("cross-site-scripting")
