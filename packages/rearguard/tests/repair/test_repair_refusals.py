"""What recipes leave to a person, and the reason that they give."""

from collections.abc import Callable
from typing import Any

import pytest

FLASK = (
    "import marshal\nimport os\nimport pickle\nimport sqlite3\nimport subprocess\n\n"
    "import psycopg2\nimport yaml\nfrom flask import Flask, request\nfrom yaml import load as read\n\n"
    "app = Flask(__name__)\ndb = sqlite3.connect('x')\npg = psycopg2.connect('').cursor()\n\n\n"
    "@app.get('/t')\ndef handler():\n"
)
IN_PYTHON = {
    "sql-injection": [
        ("db.execute('SELECT a FROM t WHERE b IN (' + request.args['w'] + ')')", "is no value: a column"),
        ("db.execute(f\"SELECT a FROM t ORDER BY {request.args['w']}\")", "is no value: a column"),
        ("db.execute(\"SELECT a FROM t WHERE b = '%(w)s'\" % {'w': request.args['w']})", "come from a map"),
        ("pg.execute(f\"SELECT now() - interval '{request.args['w']} days'\")", "an interval or a time"),
        ("db.executescript(f\"DELETE FROM t WHERE a = '{request.args['w']}'\")", "binds no values"),
    ],
    "command-injection": [
        ("subprocess.run(request.args['c'], shell=True)", "not taken apart"),
        ("os.system('cat ' + request.args['c'] + ' | wc -l')", "the command needs a shell: it has `|`"),
        (
            "subprocess.run(f\"{request.args['c']} -v\", shell=True)",
            "the program itself is chosen by a value",
        ),
        ("subprocess.getoutput('id ' + request.args['h'])", "always uses a shell; use `subprocess.run`"),
        (
            "c = 'ping'\n    for h in request.args.getlist('h'):\n        c += ' ' + h\n    os.system(c)",
            "put together in several steps",
        ),
    ],
    "unsafe-deserialisation": [
        ("return pickle.loads(request.data).name", "an object with attributes"),
        ("read(request.data, Loader=yaml.Loader)", "called under another name"),
    ],
    "cross-site-scripting": [
        ("return '<script>a(\"' + request.args['q'] + '\")</script>'", "of no use inside a script"),
        ("return f\"<script>a('{request.args['q']}')</script>\"", "of no use inside a script"),
    ],
    "error-exposure": [
        (
            "try:\n        work()\n    except ApiError as e:\n        return {'m': str(e)}, e.status_code",
            "the error brings its own status",
        ),
    ],
}
IN_SCRIPT = {
    "command-injection": [
        ("exec(req.query.c, () => res.json({}));", "not taken apart"),
        ("res.send(execSync('id ' + req.query.c + ' > x'));", "the command needs a shell: it has `>`"),
    ],
    "cross-site-scripting": [
        ("res.send(`<script>a('${req.query.q}')</script>`);", "of no use inside a script"),
    ],
    "path-traversal": [
        ("res.render(req.query.page);", "no folder is named"),
        ("res.sendFile(req.query.a + '/' + req.query.b);", "no folder is named"),
    ],
    "open-redirect": [("res.redirect(req.query.to);", "there to send clients elsewhere")],
    "template-injection": [("res.send(ejs.render(req.query.t));", "not taken apart")],
    "error-exposure": [
        ("work().catch((e) => res.status(500).send(e.stack));", "a function's whole body"),
    ],
    "missing-timeout": [
        (
            "const o = { url: req.query.u };\n  res.json((await axios(o)).data);",
            "the options are not written out",
        )
    ],
}
EXPRESS = (
    "const express = require('express');\nconst { exec, execSync } = require('child_process');\n"
    "const axios = require('axios');\nconst ejs = require('ejs');\nconst app = express();\n\n"
    "app.get('/t', async (req, res) => {\n  %s\n});\n"
)


@pytest.mark.parametrize(
    ("check", "line", "reason"), [(check, *row) for check, rows in IN_PYTHON.items() for row in rows]
)
def test_in_python(python: Callable[[str], Any], check: str, line: str, reason: str) -> None:
    assert reason in python(f"{FLASK}    {line}\n    return ''\n").refusal(check)


@pytest.mark.parametrize(
    ("check", "line", "reason"), [(check, *row) for check, rows in IN_SCRIPT.items() for row in rows]
)
def test_in_scripts(script: Callable[[str], Any], check: str, line: str, reason: str) -> None:
    assert reason in script(EXPRESS % line).refusal(check)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "res.sendFile(path.join('/srv', req.query.a, req.query.b));",
            "res.sendFile(path.join(req.query.a, req.query.b), { root: '/srv' });",
        ),
        (
            "const { a, b } = req.query;\n  res.sendFile(`/srv/${a}/${b}`);",
            "res.sendFile(`${a}/${b}`, { root: '/srv/' });",
        ),
        (
            "res.sendFile(path.join('/srv', kind, req.query.b));",
            "res.sendFile(req.query.b, { root: path.join('/srv', kind) });",
        ),
    ],
)
def test_a_folder_that_the_request_chooses_confines_nothing(
    script: Callable[[str], Any], line: str, wanted: str
) -> None:
    program = (EXPRESS % line).replace("const axios", "const path = require('path');\nconst axios")
    assert wanted in script(program).text("path-traversal")


def test_nor_does_a_folder_of_pathlib(python: Callable[[str], Any]) -> None:
    line = "return send_file(Path('/srv') / request.args['a'] / request.args['b'])"
    program = FLASK.replace("import Flask,", "import Flask, send_file,").replace(
        "import os\n", "import os\nfrom pathlib import Path\n"
    )
    assert "the request chooses the folder too" in python(f"{program}    {line}\n").refusal("path-traversal")


def test_a_viewset_that_inherits_what_answers_has_no_handler_to_write_in(review: Callable[..., Any]) -> None:
    views = (
        "from rest_framework import viewsets\nfrom .models import Company\n\n\n"
        "class CompanyViewSet(viewsets.ModelViewSet):\n    queryset = Company.objects.all()\n"
    )
    urls = (
        "from rest_framework.routers import DefaultRouter\nfrom . import views\n\nrouter = DefaultRouter()\n"
        "router.register('companies', views.CompanyViewSet)\nurlpatterns = router.urls\n"
    )
    models = "from django.db import models\n\n\nclass Company(models.Model):\n    name = models.CharField()\n"
    program = {"shop/views.py": views, "shop/urls.py": urls, "shop/models.py": models, "manage.py": ""}
    assert "inherits what answers" in review(program).refusal("missing-authentication")
