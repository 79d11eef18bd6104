"""Functions that are left out change nothing; those that somebody asks for are followed after all."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources
from rearguard.review.collect import LANGUAGES
from rearguard.review.pipeline import Program
from rearguard.review.read import lower


def analysed(files: Mapping[str, str], models: Models) -> Program:
    sources = [Source(p, t.encode(), LANGUAGES[PurePosixPath(p).suffix]) for p, t in files.items()]
    return analyse_sources(sources, lower(sources, 1), models=models)


PYTHON = """
import sqlite3
from flask import Flask, request

app = Flask(__name__)
db = sqlite3.connect('x')


def find(name):
    return db.execute('SELECT * FROM t WHERE n = ' + name)


@app.get('/')
def handler():
    return find(request.args['name'])


def alone(name):
    return open(name)


def builds(name):
    return find("'" + name + "'")


def test_find():
    assert find('a') is None


def unregistered():
    return find(request.args['other'])
"""


def test_what_nothing_calls_is_left_out_unless_input_meets_a_use(all_models: Models) -> None:
    values = analysed({"main.py": PYTHON}, all_models).values
    assert values.program.left_out == {"main.py::alone", "main.py::test_find"}
    assert {flow.fid for flow in values.flows} == {"main.py::handler", "main.py::unregistered"}


def test_what_is_asked_for_is_followed(all_models: Models) -> None:
    program = analysed({"main.py": PYTHON}, all_models).values.program
    summary = program.summary("main.py::alone")
    assert summary is not None
    assert [use.site.fid for use in summary.uses] == ["main.py::alone"]
    assert program.left_out == {"main.py::test_find"}
    assert program.summary("main.py::nobody") is None


KEPT = """
from flask import request


class Kept:
    def take(self):
        self.name = request.args['name']

    def use(self):
        import os
        os.system(self.name)
"""


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"main.py": KEPT}, {"main.py::Kept.take", "main.py::Kept.use"}),
        (
            {
                "main.js": "const { EventEmitter } = require('events')\nconst bus = new EventEmitter()\n"
                "function hear() { bus.on('x', (v) => require('child_process').exec(v)) }\n"
                "require('express')().get('/', (req, res) => { bus.emit('x', req.query.a) })\n"
            },
            {"main.js::hear"},
        ),
    ],
    ids=["a field", "an event"],
)
def test_what_is_kept_in_between_is_found(
    files: Mapping[str, str], wanted: set[str], all_models: Models
) -> None:
    values = analysed(files, all_models).values
    assert wanted.isdisjoint(values.program.left_out)
    assert values.flows
