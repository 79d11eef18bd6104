"""Recipes one by one: the code before, the code after, and what they refuse."""

import ast
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rearguard.findings import Disposition

FLASK = """import {modules}

from flask import Flask, {names}

app = Flask(__name__)


@app.get("/t")
def handler():
"""
FAILING = """    total = 0
    try:
        total = requests.get("https://prices.example.com/today", timeout=3).json()["total"]
    except Exception:
        pass
    return {"total": total}
"""
EXPRESS = """const express = require('express');
{imports}
const app = express();

app.get('/t', async (req, res) => {{
{body}
}});
"""


def flask(body: str, names: str = "request", modules: str = "os") -> str:
    return FLASK.format(modules=modules, names=names) + body


def express(body: str, imports: str = "") -> str:
    return EXPRESS.format(body=body, imports=imports)


# -- commands --------------------------------------------------------------------------------------

COMMANDS = {
    "system": (
        "    os.system(f\"ping -c 1 {request.args['h']}\")\n    return ''\n",
        "subprocess.run(['ping', '-c', '1', request.args['h']], check=False)",
    ),
    "status": (
        "    return str(os.system('id ' + request.args['h']))\n",
        "subprocess.run(['id', request.args['h']], check=False).returncode",
    ),
    "popen": (
        "    return os.popen(f'id {request.args[\"h\"]}').read()\n",
        'subprocess.run(["id", request.args["h"]], capture_output=True, text=True, check=False).stdout',
    ),
    "quoted": (
        "    os.system(\"ls '%s/sub'\" % request.args['d'])\n    return ''\n",
        'subprocess.run(["ls", f"{request.args[\'d\']}/sub"], check=False)',
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(python: Callable[[str], Any], name: str) -> None:
    before, after = COMMANDS[name]
    text = python(flask(before)).text("command-injection")
    assert after in text
    assert "import os\nimport subprocess\n" in text
    ast.parse(text)


def test_shell_argument_goes(python: Callable[[str], Any]) -> None:
    body = "    subprocess.run(f\"tar -czf out.tgz {request.args['d']}\", shell=True, check=True)\n    return ''\n"
    text = python(flask(body, modules="subprocess")).text("command-injection")
    assert "subprocess.run(['tar', '-czf', 'out.tgz', '--', request.args['d']], check=True)" in text


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("f\"cat {request.args['f']} | wc\"", "needs a shell: it has `|`"),
        ("f\"ls *.{request.args['f']}\"", "needs a shell: it has `*`"),
        ("f\"echo $HOME {request.args['f']}\"", "needs a shell: it has `$`"),
        ("request.args['f'] + ' -l'", "program itself"),
        ("request.args['f']", "taken apart"),
    ],
)
def test_commands_that_need_a_shell_are_refused(
    python: Callable[[str], Any], command: str, reason: str
) -> None:
    assert reason in python(flask(f"    os.system({command})\n    return ''\n")).refusal("command-injection")


def test_commands_of_node(script: Callable[[str], Any], compiles: Callable[[str, str], None]) -> None:
    body = "  exec(`convert -resize 10 ${req.query.f} out.png`, (error) => res.json({ ok: !error }));"
    text = script(express(body, "const { exec } = require('child_process');")).text("command-injection")
    assert "const { execFile } = require('child_process');" in text
    assert "execFile('convert', ['-resize', '10', req.query.f, 'out.png'], (error)" in text
    compiles(text, "app.js")
    body = "  res.send(cp.execSync('id ' + req.query.u));\n  cp.exec('ls');"
    text = script(express(body, "const cp = require('node:child_process');")).text("command-injection")
    assert "cp.execFileSync('id', [req.query.u])" in text
    assert "cp.exec('ls')" in text


def test_a_promisified_exec_changes_with_all_its_calls(script: Callable[[str], Any]) -> None:
    imports = (
        "const { exec } = require('child_process');\nconst { promisify } = require('util');\n"
        "const run = promisify(exec);\nrun('df -k .');"
    )
    text = script(express("  await run(`id ${req.query.u}`);\n  res.json({});", imports)).text(
        "command-injection"
    )
    assert "const run = promisify(execFile);" in text
    assert "run('df', ['-k', '.']);" in text
    assert "await run('id', [req.query.u]);" in text


# -- paths -----------------------------------------------------------------------------------------


def test_paths_are_kept_in_their_folder(python: Callable[[str], Any], tmp_path: Path) -> None:
    body = "    return open(os.path.join('/srv/files', request.args['n'])).read()\n"
    text = python(flask(body)).text("path-traversal")
    assert "open(contained('/srv/files', request.args['n']))" in text
    space: dict[str, Any] = {}
    helper = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == "contained")
    exec(compile(ast.Module([helper], []), "helper", "exec"), {"os": __import__("os")}, space)
    (tmp_path / "in").write_text("")
    assert space["contained"](str(tmp_path), "in") == str((tmp_path / "in").resolve())
    for name in ("../x", "/etc/passwd", "a/../../x"):
        with pytest.raises(FileNotFoundError):
            space["contained"](str(tmp_path), name)


def test_paths_written_as_text_and_as_pathlib(python: Callable[[str], Any]) -> None:
    text = python(flask("    return open(f\"/srv/{request.args['n']}.txt\").read()\n")).text("path-traversal")
    assert 'open(contained("/srv/", f"{request.args[\'n\']}.txt"))' in text
    program = flask("    return (ROOT / request.args['n']).read_text()\n").replace(
        "import os\n", "from pathlib import Path\n"
    )
    program = program.replace("app =", "ROOT = Path('/srv')\napp =")
    text = python(program).text("path-traversal")
    assert "contained(ROOT, request.args['n'])" in text
    assert "is_relative_to(base)" in text


def test_a_path_without_a_folder_is_refused(python: Callable[[str], Any]) -> None:
    repaired = python(flask("    return open(request.args['n']).read()\n"))
    assert "no folder is named" in repaired.refusal("path-traversal")


def test_paths_of_node(script: Callable[[str], Any], compiles: Callable[[str, str], None]) -> None:
    imports = "const fs = require('fs');\nconst path = require('path');"
    body = "  res.json(fs.readFileSync(path.join('files', req.query.n), 'utf8'));"
    text = script(express(body, imports)).text("path-traversal")
    assert "fs.readFileSync(contained('files', req.query.n), 'utf8')" in text
    assert text.count("require('path')") == 1
    compiles(text, "app.js")
    text = script(express("  res.sendFile(path.join(__dirname, req.query.n));", imports)).text(
        "path-traversal"
    )
    assert "res.sendFile(req.query.n, { root: __dirname });" in text


# -- loaders ---------------------------------------------------------------------------------------


def test_yaml(python: Callable[[str], Any]) -> None:
    body = "    return str(yaml.load(request.data, Loader=yaml.Loader))\n"
    repaired = python(flask(body, modules="yaml"))
    assert "yaml.safe_load(request.data))" in repaired.text("unsafe-deserialisation")
    assert repaired.fix("unsafe-deserialisation").disposition is Disposition.SAFE
    program = flask("    return str(load(request.data, Loader))\n").replace(
        "import os", "from yaml import Loader, load"
    )
    text = python(program).text("unsafe-deserialisation")
    assert "from yaml import Loader, load, safe_load" in text
    assert "safe_load(request.data))" in text


def test_pickle_changes_with_its_writer(python: Callable[[str], Any]) -> None:
    body = "    if request.args:\n        return pickle.dumps({'a': 1})\n    return str(pickle.loads(request.data))\n"
    repaired = python(flask(body, modules="pickle"))
    text = repaired.text("unsafe-deserialisation")
    assert "import json\n" in text
    assert "pickle" not in text
    assert "json.dumps({'a': 1}).encode()" in text
    assert repaired.fix("unsafe-deserialisation").disposition is Disposition.REVIEW


def test_other_stores_are_refused(python: Callable[[str], Any]) -> None:
    repaired = python(flask("    return str(pandas.read_pickle(request.args['f']))\n", modules="pandas"))
    assert "another format" in repaired.refusal("unsafe-deserialisation")


# -- markup and templates --------------------------------------------------------------------------


def test_markup_of_flask(python: Callable[[str], Any]) -> None:
    body = (
        "    rows = [1]\n    items = ''.join(f'<li>{request.args[\"t\"]}</li>' for _ in rows)\n"
        "    return f\"<p>{request.args['q']}</p><ul>{items}</ul>\"\n"
    )
    text = python(flask(body)).text("cross-site-scripting")
    assert "from markupsafe import escape" in text
    assert '<li>{escape(request.args["t"])}</li>' in text
    assert "<p>{escape(request.args['q'])}</p><ul>{items}</ul>" in text


def test_markup_of_express(script: Callable[[str], Any], tmp_path: Path) -> None:
    text = script(express("  res.send('<p>' + req.query.q + '</p>');")).text("cross-site-scripting")
    assert "res.send('<p>' + escapeHtml(req.query.q) + '</p>');" in text
    helper = text[text.index("function escapeHtml") : text.index("app.get")]
    file = tmp_path / "helper.cjs"
    file.write_text(helper + 'console.log(escapeHtml(`<a b="c">&\'`))')
    shown = subprocess.run(["node", str(file)], capture_output=True, text=True, timeout=60)
    assert shown.stdout.strip() == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;"


def test_an_escaper_that_the_file_has_is_used(script: Callable[[str], Any]) -> None:
    imports = "const escape = require('escape-html');"
    text = script(express("  res.send(`<p>${req.query.q}</p>`);", imports)).text("cross-site-scripting")
    assert "res.send(`<p>${escape(req.query.q)}</p>`);" in text
    assert "escapeHtml" not in text


def test_templates(python: Callable[[str], Any], script: Callable[[str], Any]) -> None:
    names = "render_template_string, request"
    text = python(flask("    return render_template_string(f\"Hi {request.args['who']}!\")\n", names)).text(
        "template-injection"
    )
    assert "render_template_string(\"Hi {{ who }}!\", who=request.args['who'])" in text
    body = "  res.send(ejs.render(`Hi ${req.query.who}`, { a: 1 }));"
    text = script(express(body, "const ejs = require('ejs');")).text("template-injection")
    assert "ejs.render('Hi <%= who %>', { a: 1, who: req.query.who })" in text


def test_a_template_from_the_request_is_refused(python: Callable[[str], Any]) -> None:
    body = "    return render_template_string(request.args['t'])\n"
    assert python(flask(body, "render_template_string, request")).refusal("template-injection")


# -- addresses -------------------------------------------------------------------------------------


def test_redirects(python: Callable[[str], Any], script: Callable[[str], Any]) -> None:
    body = "    session.clear()\n    return redirect(request.args['to'])\n"
    text = python(flask(body, "redirect, request, session")).text("open-redirect")
    assert "redirect(local_path(request.args['to']))" in text
    space: dict[str, Any] = {"re": __import__("re")}
    helper = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef))
    exec(compile(ast.Module([helper], []), "helper", "exec"), space)
    assert space["local_path"]("/inside?x=1") == "/inside?x=1"
    for target in ("//evil.example", "/\\evil.example", "https://evil.example", "", None, "/a\nb"):
        assert space["local_path"](target) == "/"
    body = "  req.session.seen = true;\n  res.redirect(req.query.to || '/start');"
    text = script(express(body)).text("open-redirect")
    assert "res.redirect(localPath(req.query.to, '/start'));" in text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    return redirect(request.args['to'])\n", "there to send clients elsewhere"),
        (
            "    to = request.args['to']\n    if urlsplit(to).netloc.endswith('shop.example'):\n"
            "        return redirect(to)\n    return ''\n",
            "with a host are meant",
        ),
    ],
)
def test_a_redirect_that_is_to_leave_is_for_a_person(
    python: Callable[[str], Any], body: str, reason: str
) -> None:
    program = flask(body, "redirect, request, session").replace(
        "from flask", "from urllib.parse import urlsplit\n\nfrom flask", 1
    )
    assert reason in python(program).refusal("open-redirect")


def test_outbound_requests(
    review: Callable[[Mapping[str, str]], Any],
    python: Callable[[str], Any],
    script: Callable[[str], Any],
    compiles: Callable[[str, str], None],
) -> None:
    text = python(
        flask("    return requests.get(request.args['u'], timeout=3).text\n", modules="requests")
    ).text("server-side-request-forgery")
    assert "requests.get(allowed_address(request.args['u']), timeout=3, allow_redirects=False)" in text
    text = script(express("  res.json(await fetch(req.query.u));")).text("server-side-request-forgery")
    assert "fetch(allowedAddress(req.query.u), { redirect: 'error' })" in text
    compiles(text, "app.js")
    typed = (
        "import express, { Request, Response } from 'express';\nimport axios from 'axios';\n\nconst app = express();\n\n"
        "app.get('/t', async (req: Request, res: Response) => {\n"
        "  res.json((await axios.get(req.query.u as string)).data);\n});\n"
    )
    text = review({"app.ts": typed}).text("server-side-request-forgery")
    assert "function allowedAddress(address: unknown): string {" in text
    assert "axios.get(allowedAddress(req.query.u) as string, { maxRedirects: 0 })" in text


# -- errors ----------------------------------------------------------------------------------------


def test_errors_that_answer_with_details(
    python: Callable[[str], Any], script: Callable[[str], Any], compiles: Callable[[str, str], None]
) -> None:
    body = "    try:\n        work()\n    except Exception as error:\n        return jsonify(error=str(error)), 500\n    return ''\n"
    text = python(flask(body, "jsonify")).text("error-exposure")
    assert 'error_id = uuid.uuid4().hex\n        logger.exception("handler failed: %s", error_id)' in text
    assert 'return jsonify(error="Internal error", id=error_id), 500' in text
    ast.parse(text)
    body = (
        "  try {\n    await work();\n  } catch (err) {\n    console.error(err);\n"
        "    res.status(500).json({ error: err.message, stack: err.stack });\n  }"
    )
    text = script(express(body)).text("error-exposure")
    assert "    console.error(err);\n    res.status(500).json({ error: 'Internal error' });" in text
    body = "  try {\n    await work();\n  } catch (err) {\n    res.status(500).send(err.message);\n  }"
    text = script(express(body)).text("error-exposure")
    assert "const errorId = crypto.randomUUID();" in text
    assert "res.status(500).send(`Internal error (${errorId})`);" in text
    compiles(text, "app.js")


def test_errors_without_a_trace(python: Callable[[str], Any], script: Callable[[str], Any]) -> None:
    text = python(flask(FAILING, modules="requests")).text("swallowed-error")
    assert '    except Exception:\n        logger.exception("handler failed")\n    return' in text
    body = "  try {\n    await fetch('https://prices.example.com/today');\n  } catch {}\n  res.json({});"
    text = script(express(body)).text("swallowed-error")
    assert "  } catch (error) {\n    console.error('request failed', error);\n  }\n" in text


def test_the_logger_of_the_file_is_used(script: Callable[[str], Any]) -> None:
    imports = "const pino = require('pino');\nconst log = pino();\nlog.info('up');"
    body = (
        "  try {\n    await fetch('https://prices.example.com/today');\n  } catch (e) {\n  }\n  res.json({});"
    )
    assert "log.error(e, 'request failed');" in script(express(body, imports)).text("swallowed-error")


# -- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('API_KEY = "k9Qz7Xv2Lm4Tn8Rb"\n', 'API_KEY = os.environ["API_KEY"]\n'),
        (
            'KEY = os.environ.get("APP_SECRET", "k9Qz7Xv2Lm4Tn8Rb")\n',
            'KEY = os.environ["APP_SECRET"]\n',
        ),
        (
            'SECRET_KEY = os.getenv("APP_SECRET", "k9Qz7Xv2Lm4Tn8Rb")\n',
            'SECRET_KEY = os.environ["APP_SECRET"]\n',
        ),
    ],
)
def test_secrets_of_python(python: Callable[[str], Any], before: str, after: str) -> None:
    repaired = python(f"import os\n\n{before}")
    check = "hardcoded-key" if "SECRET" in before else "hardcoded-secret"
    assert repaired.text(check) == f"import os\n\n{after}"


def test_secrets_of_node(
    script: Callable[[str], Any], tmp_path: Path, compiles: Callable[[str, str], None]
) -> None:
    text = script("module.exports = {\n  jwtSecret: 'kP7vXq2mZr9TnB4wLs8Yc3Hd',\n};\n").text("hardcoded-key")
    assert "jwtSecret: required('JWT_SECRET')," in text
    compiles(text, "app.js")
    file = tmp_path / "config.cjs"
    file.write_text(text + "console.log(module.exports.jwtSecret)")
    unset = subprocess.run(
        ["node", str(file)], capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin"}
    )
    assert unset.returncode != 0
    assert "JWT_SECRET must be set" in unset.stderr
    given = {"PATH": "/usr/bin", "JWT_SECRET": "given"}
    done = subprocess.run(["node", str(file)], capture_output=True, text=True, timeout=60, env=given)
    assert done.stdout.strip() == "given"


def test_a_secret_inside_a_longer_text_is_refused(python: Callable[[str], Any]) -> None:
    repaired = python('import requests\n\nURL = "postgres://app:" + "wren-Basalt-41" + "@db/orders"\n')
    assert not [f for f in repaired.findings if f.fix and not f.fix.refused and "wren" in f.fix.revised]


def test_debug_switches(python: Callable[[str], Any]) -> None:
    text = python("from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n").text(
        "debug-mode"
    )
    assert text.endswith("app.run(debug=False)\n")


# -- the whole ------------------------------------------------------------------------------------


def test_line_endings_and_tabs_are_those_of_the_file(python: Callable[[str], Any]) -> None:
    before = flask(FAILING, modules="requests")
    text = python(before.replace("    ", "\t").replace("\n", "\r\n")).text("swallowed-error")
    assert '\texcept Exception:\r\n\t\tlogger.exception("handler failed")\r\n\treturn' in text
    assert text.count("\n") == text.count("\r\n")


def test_two_runs_give_the_same_repairs(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        flask(
            "    os.system('id ' + request.args['h'])\n    return open('/srv/' + request.args['n']).read()\n"
        )
    )
    code = (
        "import sys; from pathlib import Path; from rearguard.review import Options, review_path\n"
        "r = review_path(Path(sys.argv[1]), '.', Options(jobs=1))\n"
        "print([(f.rule.id, f.fix) for f in r.result.findings])"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=120,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin"},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert "contained" in runs[0]


def test_patterns_are_escaped(python: Callable[[str], Any], script: Callable[[str], Any]) -> None:
    body = "    return {'n': len(re.findall('x' + request.args['q'], 'xyz'))}\n"
    text = python(flask(body, modules="re")).text("regex-injection")
    assert "re.findall('x' + re.escape(request.args['q']), 'xyz')" in text
    body = "  res.json({ ok: new RegExp(`^${req.query.q}`).test('x') });"
    text = script(express(body, "")).text("regex-injection")
    assert "new RegExp(`^${escapeRegExp(req.query.q)}`)" in text
    assert "function escapeRegExp(value) {" in text


def test_filters_compare_with_an_operator_of_their_own(
    python: Callable[[str], Any], script: Callable[[str], Any]
) -> None:
    body = "    return {'n': len(list(pymongo.MongoClient().a.b.find({'x': request.json['x']})))}\n"
    text = python(flask(body, modules="pymongo")).text("nosql-injection")
    assert """find({'x': {"$eq": request.json['x']}})""" in text
    start = (
        "const { MongoClient } = require('mongodb');\nconst c = new MongoClient('').db('a').collection('b');"
    )
    body = "  c.findOne({ x: req.body.x, open: true }).then((found) => res.json({ ok: !!found }));"
    text = script(express(body, start)).text("nosql-injection")
    assert "findOne({ x: { $eq: req.body.x }, open: true })" in text


def test_archives_are_unpacked_with_a_filter(python: Callable[[str], Any]) -> None:
    body = "    with tarfile.open(fileobj=request.files['a'].stream) as a:\n        a.extractall('/srv/a')\n    return ''\n"
    text = python(flask(body, modules="tarfile")).text("archive-extraction")
    assert """a.extractall('/srv/a', filter="data")""" in text


def test_entities_are_switched_off(python: Callable[[str], Any]) -> None:
    body = "    return {'t': lxml.etree.fromstring(request.data).tag}\n"
    text = python(flask(body, modules="lxml.etree")).text("xml-external-entity")
    assert "lxml.etree.fromstring(request.data, parser=lxml.etree.XMLParser(resolve_entities=False))" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("token = random.choice(WORDS)\n", "token = secrets.choice(WORDS)\n"),
        ("otp = random.randint(100000, 999999)\n", "otp = 100000 + secrets.randbelow(900000)\n"),
        ("api_key = random.getrandbits(256)\n", "api_key = secrets.randbits(256)\n"),
    ],
)
def test_secrets_come_from_the_operating_system(
    python: Callable[[str], Any], before: str, after: str
) -> None:
    text = python(f"import random\nimport secrets\n\nWORDS = load()\n{before}").text("predictable-random")
    assert text == f"import secrets\n\nWORDS = load()\n{after}"


def test_a_generator_that_is_used_elsewhere_stays_imported(python: Callable[[str], Any]) -> None:
    text = python(
        "import random\n\napi_key = random.getrandbits(256)\ncolour = random.choice(COLOURS)\n"
    ).text("predictable-random")
    assert "import random\n" in text
    assert "api_key = secrets.randbits(256)" in text


def test_tokens_of_node_end(script: Callable[[str], Any]) -> None:
    text = script(
        "const jwt = require('jsonwebtoken');\nmodule.exports = (id) => jwt.sign({ sub: id }, process.env.KEY);\n"
    ).text("jwt-missing-claims")
    assert "jwt.sign({ sub: id }, process.env.KEY, { expiresIn: '15m' })" in text


def test_an_end_stands_before_what_callers_give(python: Callable[[str], Any]) -> None:
    text = python(
        "import jwt\n\nKEY = open('key').read()\n\n\ndef sign(user, **more):\n"
        "    return jwt.encode({'sub': user.id, **more}, KEY, algorithm='HS256')\n\n\n"
        "def issue(user):\n    return sign(user)\n\n\ndef brief(user, until):\n    return sign(user, exp=until)\n"
    ).text("jwt-missing-claims")
    assert "{'sub': user.id, 'exp': int(time.time()) + 15 * 60, **more}" in text


SENT = """\
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlparse


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = parse_qs(urlparse(self.path).query)["name"][0]
        self.send(f"<p>{name}</p>".encode())

    def send(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)
"""


def test_a_page_made_elsewhere_is_not_escaped_where_it_is_sent(review: Callable[..., Any]) -> None:
    found = review({"app.py": SENT})
    told = [finding for finding in found.findings if finding.rule.id == "cross-site-scripting"]
    assert told
    for finding in told:
        assert finding.fix is not None
        assert finding.fix.refused or "<p>{html.escape(str(name))}</p>" in finding.fix.revised


def test_one_password_in_two_places_becomes_one_variable(review: Callable[..., Any]) -> None:
    one = 'psycopg2.connect(host="{}", user="app", password="Tr0ub4dor&3-horse")'
    program = (
        f"import psycopg2\n\n\ndef one():\n    return {one.format('a.internal')}\n\n\n"
        f"def two():\n    return {one.format('b.internal')}\n"
    )
    text = review({"db.py": program}).after("hardcoded-secret")["db.py"]
    assert text.count('os.environ["PASSWORD"]') == 1
    assert text.count("password=PASSWORD)") == 2
    assert "Tr0ub4dor" not in text
