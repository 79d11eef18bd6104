"""Shapes that `add` met in applications that people run: their test runners, fixtures, settings and logins."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from rearguard.implement import CONTROLS, Plan, PresentError, RefusedError, Settings, plan_control

EXPRESS = (
    "const express = require('express');\n\nconst app = express();\napp.use(express.json());\n"
    "app.get('/', (req, res) => res.json({}));\n\nmodule.exports = app;\n"
)
SETTINGS = (
    "from pathlib import Path\n\nBASE_DIR = Path(__file__).parent\nDEBUG = False\n\nINSTALLED_APPS = [\n"
    "    'rest_framework',\n    'django.contrib.auth',\n]\n\n"
    "MIDDLEWARE = [\n    'django.middleware.common.CommonMiddleware',\n]\n\nROOT_URLCONF = 'shop.urls'\n"
)
URLS = (
    "from django.urls import path\n\nfrom shop.views import health\n\nurlpatterns = [\n"
    "    path('health', health),\n]\n"
)
VIEWS = "from django.http import JsonResponse\n\n\ndef health(request):\n    return JsonResponse({})\n"
AUDIENCE = {"audience": "https://api.example.com"}


def plan(root: Path, files: Mapping[str, str], control: str, given: Mapping[str, str] | None = None) -> Plan:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return plan_control(root, CONTROLS[control], Settings(given or {})).plan


def after(found: Plan, path: str) -> str:
    return next(file.after.decode() for file in found.files if file.path == path)


def package(**dev: str) -> str:
    return json.dumps({"name": "x", "dependencies": {"express": "5"}, "devDependencies": dev})


def test_jest_before_27_knows_no_prefix_of_what_node_brings(tmp_path: Path) -> None:
    found = plan(tmp_path, {"app.js": EXPRESS, "package.json": package(jest="26")}, "audit-log")
    assert "require('crypto')" in after(found, "audit-log.js")


def test_what_node_brings_is_imported_as_the_project_does_it(tmp_path: Path) -> None:
    files = {"app.js": EXPRESS, "other.js": "const fs = require('fs');\n", "package.json": package()}
    assert "require('crypto')" in after(plan(tmp_path, files, "audit-log"), "audit-log.js")


def test_jest_does_not_see_a_test_that_it_cannot_read(tmp_path: Path) -> None:
    found = plan(tmp_path, {"app.js": EXPRESS, "package.json": package(jest="30")}, "audit-log")
    assert found.commands[-1] == "node --test test/audit-log.check.mjs"


def test_mocha_does_not_run_a_test_that_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    found = plan(tmp_path, {"app.js": EXPRESS, "package.json": package(mocha="11")}, "audit-log")
    assert found.commands[-1] == "node --test checks/audit-log.check.mjs"
    assert "'../app.js'" in after(found, "checks/serve-app.mjs")


def test_vitest_gets_a_test_of_its_own(tmp_path: Path) -> None:
    found = plan(tmp_path, {"app.js": EXPRESS, "package.json": package(vitest="4")}, "audit-log")
    assert found.commands[-1] == "npx vitest run test/audit-log.test.mjs"
    assert "import { test } from 'vitest';" in after(found, "test/audit-log.test.mjs")
    helper = after(found, "test/serve-app.mjs")
    assert "afterAll(() => server.close());" in helper
    assert "process.exit()" not in helper


def test_vitest_that_is_told_where_tests_are_is_left_alone(tmp_path: Path) -> None:
    config = "export default { test: { include: ['src/**/*.spec.ts'] } };\n"
    files = {"app.js": EXPRESS, "vitest.config.js": config, "package.json": package(vitest="4")}
    assert plan(tmp_path, files, "audit-log").commands[-1].startswith("node --test")


def test_the_project_s_own_fixture_gives_the_application(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/app.py": "from flask import Flask\n\n\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n",
        "wsgi.py": "from shop.app import create_app\n\nsite = create_app()\n",
        "tests/__init__.py": "",
        "tests/conftest.py": "from tests.fixtures import *  # noqa\n",
        "tests/fixtures.py": "import pytest\n\nfrom shop.app import create_app\n\n\n@pytest.fixture(scope='session')\n"
        "def application():\n    app = create_app('test')\n    yield app\n",
    }
    text = after(plan(tmp_path, files, "security-headers"), "tests/test_security_headers.py")
    takes = "application: Flask, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch"
    assert f"def served({takes}) -> Flask:\n" in text
    # Flask lends a request the context that is pushed already, with whoever another test has logged in there.
    assert "    context = application.app_context()\n    context.push()\n" in text
    assert "    return application\n" in text
    assert "from wsgi" not in text


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        ("*, session, email, password", "it takes session, email, password"),
        ("db, email, password", "it takes db, email, password"),
        ("password", "it takes password"),
    ],
)
def test_a_function_that_cannot_be_called_with_a_name_and_a_password_is_refused(
    signature: str, why: str, tmp_path: Path
) -> None:
    app = f"from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef check({signature}):\n    return None\n"
    given = {"authenticate": "main.py:check", **AUDIENCE}
    with pytest.raises(RefusedError, match=why):
        plan(tmp_path, {"main.py": app}, "jwt-refresh", given)


def test_what_cannot_be_awaited_is_refused(tmp_path: Path) -> None:
    app = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\nasync def check(name, password):\n    return None\n"
    with pytest.raises(RefusedError, match="asynchronous"):
        plan(tmp_path, {"main.py": app}, "jwt-refresh", {"authenticate": "main.py:check", **AUDIENCE})


def test_tokens_that_are_refreshed_already_are_left_alone(tmp_path: Path) -> None:
    route = "app.post('/v1/auth/refresh-tokens', (req, res) => res.json({}));\n\nmodule.exports"
    files = {"app.js": EXPRESS.replace("module.exports", route), "package.json": package()}
    with pytest.raises(PresentError, match="POST /v1/auth/refresh-tokens"):
        plan(tmp_path, files, "jwt-refresh", AUDIENCE)


def django(**changes: str) -> dict[str, str]:
    return {
        "manage.py": "",
        "shop/__init__.py": "",
        "shop/settings.py": SETTINGS,
        "shop/urls.py": URLS,
        "shop/views.py": VIEWS,
        "requirements.txt": "Django==5.2\ndjangorestframework==3.16\n",
        **changes,
    }


def test_django_gets_tokens_by_the_library_of_its_rest_framework(tmp_path: Path) -> None:
    found = plan(tmp_path, django(), "jwt-refresh", AUDIENCE)
    settings, urls = after(found, "shop/settings.py"), after(found, "shop/urls.py")
    assert "INSTALLED_APPS = [\n    'rest_framework_simplejwt.token_blacklist',\n" in settings
    assert "    'ROTATE_REFRESH_TOKENS': True,\n    'BLACKLIST_AFTER_ROTATION': True,\n" in settings
    assert "from datetime import timedelta\n" in settings
    assert "from django.urls import include, path\n" in urls
    assert "urlpatterns = [\n    path('auth/', include('shop.auth_tokens')),\n    path('health'" in urls
    assert found.brings == {"POST /auth/login", "POST /auth/refresh", "POST /auth/logout"}
    assert "end_tokens_of" in after(found, "shop/auth_tokens.py")
    for file in found.files:
        (tmp_path / file.path).parent.mkdir(exist_ok=True)
        (tmp_path / file.path).write_bytes(file.after)
    with pytest.raises(PresentError, match="refreshes tokens at POST /auth/refresh"):
        plan(tmp_path, {}, "jwt-refresh", AUDIENCE)


def test_django_without_its_rest_framework_gets_no_tokens(tmp_path: Path) -> None:
    files = django(**{"requirements.txt": "Django==5.2\n"})
    with pytest.raises(RefusedError, match="does not use Django REST framework"):
        plan(tmp_path, files, "jwt-refresh", AUDIENCE)


def test_what_a_local_file_replaces_is_set_before_it(tmp_path: Path) -> None:
    local = "\n# Read additional configuration\nif BASE_DIR.exists():\n    from .local_settings import *\n"
    found = plan(tmp_path, django(**{"shop/settings.py": SETTINGS + local}), "security-headers")
    text = after(found, "shop/settings.py")
    assert text.index("SECURE_HSTS_SECONDS") < text.index("# Read additional") < text.index("import *")


def test_a_setting_under_a_condition_stays_as_it_is(tmp_path: Path) -> None:
    under = "\nif not DEBUG:\n    SECURE_HSTS_SECONDS = 60\n"
    found = plan(tmp_path, django(**{"shop/settings.py": SETTINGS + under}), "security-headers")
    assert after(found, "shop/settings.py").count("SECURE_HSTS_SECONDS") == 1
    assert any("SECURE_HSTS_SECONDS is set already" in line for line in found.seen)


FLASK = (
    "from flask import Flask, request, session\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef home():\n"
    "    session['n'] = 1\n    return {}\n"
)
ORIGINS = {"origins": "https://app.example.com"}


@pytest.mark.parametrize(
    ("control", "module", "given"),
    [
        ("security-headers", "security_headers", {}),
        ("cors", "cross_origin", ORIGINS),
        ("csrf", "cross_site_requests", {}),
        ("audit-log", "audit_log", {}),
    ],
)
def test_a_control_is_known_under_another_file_name(
    control: str, module: str, given: Mapping[str, str], tmp_path: Path
) -> None:
    found = plan(tmp_path, {"app.py": FLASK}, control, given)
    (tmp_path / "guards.py").write_text(after(found, f"{module}.py"))
    (tmp_path / "app.py").write_text(after(found, "app.py").replace(module, "guards", 1))
    with pytest.raises(PresentError, match=r"guards\.py"):
        plan(tmp_path, {}, control, given)


def test_an_express_control_is_known_under_another_file_name(tmp_path: Path) -> None:
    files = {"app.js": EXPRESS, "package.json": package()}
    found = plan(tmp_path, files, "cors", ORIGINS)
    (tmp_path / "guards.js").write_text(after(found, "cross-origin.js"))
    (tmp_path / "app.js").write_text(after(found, "app.js").replace("./cross-origin", "./guards"))
    with pytest.raises(PresentError, match=r"guards\.js has crossOrigin"):
        plan(tmp_path, {}, "cors", ORIGINS)


NONCES = """from flask import Flask, abort, request, session

app = Flask(__name__)


@app.before_request
def own_pages_only():
    if request.method == "POST" and session["nonce"] != request.form.get("nonce"):
        abort(403)
"""


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": NONCES},
        {
            "app.js": EXPRESS.replace(
                "module.exports",
                "app.use((req, res, next) => {\n"
                "  if (req.method === 'POST' && req.session.csrfToken !== req.get('x-csrf-token')) {\n"
                "    return res.sendStatus(403);\n  }\n  next();\n});\n\nmodule.exports",
            ),
            "package.json": package(),
        },
    ],
)
def test_tokens_that_are_compared_by_hand_are_left_alone(files: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(PresentError, match="a token of their session already"):
        plan(tmp_path, files, "csrf")


@pytest.mark.parametrize(
    "compared",
    ["req.session.oauthToken !== req.query.oauth_token", "req.query.state !== req.session.stateToken"],
)
def test_the_state_of_a_login_elsewhere_is_no_token_of_pages(compared: str, tmp_path: Path) -> None:
    callback = (
        f"app.get('/callback', (req, res) => {{\n  if ({compared}) return res.sendStatus(403);\n"
        "  req.session.user = 1;\n  res.cookie('seen', '1').redirect('/');\n});\n\nmodule.exports"
    )
    files = {"app.js": EXPRESS.replace("module.exports", callback), "package.json": package()}
    assert "refuseCrossSite" in after(plan(tmp_path, files, "csrf"), "app.js")


def test_a_default_that_is_taken_away_has_to_be_set(tmp_path: Path) -> None:
    text = (
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
        '    jwt_secret: str = "k9Qz7Xv2Lm4Tn8Rb"\n'
    )
    found = plan(tmp_path, {"app.py": NONCES, "settings.py": text}, "secrets")
    assert any("JWT_SECRET" in said and said.startswith("Set ") for said in found.left)


HASHED = """import hashlib

from flask import Flask, abort, request

app = Flask(__name__)
users = {}


def digest(password):
    return hashlib.md5(password.encode()).hexdigest()


@app.post("/register")
def register():
    users[request.form["name"]] = digest(request.form["password"])
    return "", 204


@app.post("/login")
def login():
    if digest(request.form["password"]) != users.get(request.form["name"]):
        abort(401)
    return "", 204
"""


def test_passwords_are_kept_by_a_slow_hash(tmp_path: Path) -> None:
    found = plan(tmp_path, {"app.py": HASHED}, "password-hashing")
    text = after(found, "app.py")
    assert 'users[request.form["name"]] = slow_hash(digest(request.form["password"]))' in text
    assert 'if not hash_matches(digest(request.form["password"]), users.get(request.form["name"])):' in text


def test_a_package_is_installed_by_the_tool_of_its_language(tmp_path: Path) -> None:
    app = (
        "from flask import Flask, request\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\n"
        "db = SQLAlchemy(app)\n\n\nclass Note(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
        "    text = db.Column(db.Text)\n\n\n@app.post('/notes')\ndef add():\n    body = request.get_json()\n"
        "    db.session.add(Note(text=body['text']))\n    db.session.commit()\n    return '', 201\n"
    )
    found = plan(tmp_path, {"app.py": app}, "input-validation")
    assert any(command.startswith("pip install pydantic") for command in found.commands)
    assert not any(command.startswith("npm") for command in found.commands)


BEHIND_LOGINS = """import sqlite3

from flask import Flask, abort, g, jsonify, request, session

app = Flask(__name__)


def login_required(view):
    def guarded(*args, **kwargs):
        if "user_id" not in session:
            abort(401)
        return view(*args, **kwargs)

    guarded.__name__ = view.__name__
    return guarded


@app.get("/notes/<int:number>/text")
@login_required
def text(number):
    row = sqlite3.connect("n.db").execute(
        "SELECT text FROM notes WHERE id = ? AND owner = ?", (number, session["user_id"])
    ).fetchone()
    return jsonify(row)


@app.delete("/notes/<int:number>")
def remove(number):
    db = sqlite3.connect("n.db")
    db.execute("DELETE FROM notes WHERE id = ?", (number,))
    db.commit()
    return "", 204
"""


def test_what_a_login_shows_behind_it_is_said_to_be_left(tmp_path: Path) -> None:
    """Whose object it is could not be asked before anybody was known."""
    found = plan(tmp_path, {"app.py": BEHIND_LOGINS}, "authorization")
    assert "@login_required\ndef remove" in after(found, "app.py")
    assert any(said.startswith("app.py:29: insecure-direct-object-reference is yours") for said in found.left)


VIEWS_AT_THE_END = (
    "from flask import Flask\nfrom config import Config\n\napp = Flask(__name__)\n"
    "app.config.from_object(Config)\n\nfrom app import routes\n"
)
ROUTES = "from app import app\n\n\n@app.get('/')\ndef index():\n    return {}\n"
CONFIG = "class Config:\n    RATELIMIT_ENABLED = False\n"


def test_what_is_used_at_the_top_is_imported_before_it(tmp_path: Path) -> None:
    """Views that need the application are imported after it: no import of ours may join those."""
    files = {"app/__init__.py": VIEWS_AT_THE_END, "app/routes.py": ROUTES, "config.py": CONFIG}
    text = after(plan(tmp_path, files, "security-headers"), "app/__init__.py")
    assert text.index("import init_security_headers") < text.index("init_security_headers(app)")


def test_a_limiter_reads_the_configuration_that_was_made_before_it(tmp_path: Path) -> None:
    files = {"app/__init__.py": VIEWS_AT_THE_END, "app/routes.py": ROUTES, "config.py": CONFIG}
    text = after(plan(tmp_path, files, "rate-limit"), "app/__init__.py")
    assert "app.config.from_object(Config)\nlimiter.init_app(app)\n" in text


def test_a_limiter_waits_for_the_last_way_to_configure(tmp_path: Path) -> None:
    made = (
        "from flask import Flask\n\n\ndef create_app(test_config=None):\n    app = Flask(__name__)\n"
        "    app.config.from_mapping(SECRET_KEY=None)\n    if test_config is None:\n"
        "        app.config.from_pyfile('config.py', silent=True)\n    else:\n"
        "        app.config.update(test_config)\n\n    @app.get('/')\n    def index():\n        return {}\n\n"
        "    return app\n"
    )
    text = after(plan(tmp_path, {"shop/__init__.py": made}, "rate-limit"), "shop/__init__.py")
    assert "        app.config.update(test_config)\n    limiter.init_app(app)\n" in text


def test_what_lies_outermost_gives_the_application_before_a_worker(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
        "app/tasks.py": "from app import create_app\n\napp = create_app()\napp.app_context().push()\n",
        "blog.py": "from app import create_app\n\napp = create_app()\n",
    }
    text = after(plan(tmp_path, files, "security-headers"), "tests/test_security_headers.py")
    assert "\nfrom blog import app\n\n\n@pytest.fixture\n" in text


PAGES = (
    "const express = require('express');\n\nconst app = express();\napp.set('view engine', 'pug');\n"
    "app.get('/', (req, res) => res.render('home'));\n\nmodule.exports = app;\n"
)
FILES = (
    "const express = require('express');\n\nconst app = express();\napp.use(express.static('client/dist'));\n"
    "app.get('/x', (req, res) => res.json({}));\n\nmodule.exports = app;\n"
)


@pytest.mark.parametrize(("program", "place"), [(PAGES, "app.js:4"), (FILES, "app.js:4")])
def test_pages_that_were_not_read_are_not_stopped(tmp_path: Path, program: str, place: str) -> None:
    found = plan(tmp_path, {"app.js": program, "package.json": package()}, "security-headers")
    assert f"not among what was read ({place})" in found.seen[0]
    assert "reportOnly: true" in after(found, "security-headers.js")


def test_headers_of_another_library_are_there(tmp_path: Path) -> None:
    program = FILES.replace("app.use(", "app.use(require('lusca').xframe('SAMEORIGIN'));\napp.use(", 1)
    program = program.replace("require('lusca')", "lusca").replace(
        "const app", "const lusca = require('lusca');\n\nconst app"
    )
    with pytest.raises(PresentError, match=r"sets such headers itself at app\.js:6"):
        plan(tmp_path, {"app.js": program, "package.json": package()}, "security-headers")


def test_a_remark_stays_beside_what_it_is_about(tmp_path: Path) -> None:
    program = EXPRESS.replace(
        "app.use(express.json());",
        "app.use(\n  session({\n    keys: [process.env.KEY],\n    maxAge: 604_800_000, // a week\n  })\n);",
    ).replace("\n\n", "\nconst session = require('cookie-session');\n\n", 1)
    found = plan(tmp_path, {"app.js": program, "package.json": package()}, "sessions")
    assert "    maxAge: 604_800_000, // a week\n    secure: true,\n" in after(found, "app.js")
    assert any(said.startswith("A cookie with Secure is sent over https alone") for said in found.left)


@pytest.mark.parametrize(("where", "there"), [("@app.get('/file')", False), ("@app.after_request", True)])
def test_a_header_of_one_answer_is_not_there_for_all(tmp_path: Path, where: str, there: bool) -> None:
    program = (
        "from flask import Flask, make_response\n\napp = Flask(__name__)\n\n\n"
        f"{where}\ndef answered(given=None):\n    response = given or make_response('x')\n"
        "    response.headers['X-Content-Type-Options'] = 'nosniff'\n    return response\n"
    )
    if there:
        with pytest.raises(PresentError, match=r"sets such headers itself at app\.py:9"):
            plan(tmp_path, {"app.py": program}, "security-headers")
    else:
        assert plan(tmp_path, {"app.py": program}, "security-headers").files


FASTAPI = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/login')\ndef login(password: str):\n"
    "    return {}\n\n\n@app.middleware('http')\nasync def timed(request, call_next):\n"
    "    return await call_next(request)\n"
)
COOKIE = "\n\ndef remember(response):\n    response.set_cookie('theme', 'dark')\n"


def applied(root: Path, control: str, given: Mapping[str, str] | None = None) -> str:
    """The file of the application once the plan is on the disk."""
    found = plan(root, {}, control, given)
    for file in found.files:
        (root / file.path).parent.mkdir(parents=True, exist_ok=True)
        (root / file.path).write_bytes(file.after)
    return next(file.after.decode() for file in found.files if file.path in ("main.py", "app.js"))


def in_order(text: str, *names: str) -> bool:
    places = [text.rindex(name) for name in names]
    return places == sorted(places)


@pytest.mark.parametrize("late", ["audit-log", "csrf"])
def test_a_refused_request_stands_in_the_trail_of_fastapi_whichever_came_first(
    late: str, tmp_path: Path
) -> None:
    """What is added to FastAPI last meets a request first."""
    (tmp_path / "main.py").write_text(FASTAPI + COOKIE)
    controls = [name for name in ("audit-log", "csrf") if name != late]
    for name in (*controls, "rate-limit", late):
        text = applied(tmp_path, name)
    assert in_order(text, "(CrossSiteRequests)", "(RateLimits)", "def timed", "add_middleware(AuditLog)")


@pytest.mark.parametrize("late", ["audit-log", "csrf", "security-headers"])
def test_a_refused_request_stands_in_the_trail_of_express_whichever_came_first(
    late: str, tmp_path: Path
) -> None:
    express = EXPRESS.replace("res.json({})", "res.cookie('theme', 'dark').json({})")
    (tmp_path / "app.js").write_text(express)
    (tmp_path / "package.json").write_text(package())
    for name in (*(n for n in ("csrf", "security-headers", "audit-log") if n != late), "rate-limit", late):
        text = applied(tmp_path, name)
    order = (
        "use(securityHeaders)",
        "use(auditLog)",
        "use(requestLimit)",
        "use(refuseCrossSite)",
        "use(express.",
    )
    assert in_order(text, *order)


def test_the_trail_is_around_middleware_that_stands_in_a_condition(tmp_path: Path) -> None:
    factory = (
        "from fastapi import FastAPI\nfrom starlette.middleware.gzip import GZipMiddleware\n\n\n"
        "def create_app(small: bool = True) -> FastAPI:\n    app = FastAPI()\n"
        "    if small:\n        app.add_middleware(GZipMiddleware)\n    return app\n\n\napp = create_app()\n"
    )
    text = after(plan(tmp_path, {"main.py": factory}, "audit-log"), "main.py")
    assert "        app.add_middleware(GZipMiddleware)\n    app.add_middleware(AuditLog)\n    return" in text


def test_tests_lie_with_the_project_s_own_and_import_as_those_do(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool.poetry]\nname = 'x'\n\n[tool.poetry.dependencies]\npython = '^3.11'\n",
        "src/app/__init__.py": "",
        "src/app/main.py": "from fastapi import FastAPI\n\nfrom .config import TITLE\n\napp = FastAPI(title=TITLE)\n",
        "src/app/config.py": "TITLE = 'x'\n",
        "tests/__init__.py": "",
        "tests/conftest.py": "from src.app.main import app\n",
    }
    found = plan(tmp_path, files, "rate-limit")
    text = after(found, "tests/test_rate_limits.py")
    assert "from src.app.main import app\nimport src.app.rate_limits as rate_limits\n" in text
    assert "from .rate_limits import RateLimits" in after(found, "src/app/main.py")
    assert found.commands == (
        "poetry lock && poetry install",
        "python -m pytest tests/test_rate_limits.py",
    )


def test_a_client_s_address_is_given_without_what_new_versions_of_starlette_brought(tmp_path: Path) -> None:
    text = after(plan(tmp_path, {"main.py": FASTAPI}, "rate-limit"), "tests/test_rate_limits.py")
    assert "TestClient(app, client=" not in text
    assert '"client": (address, 50000)' in text


def test_logins_are_counted_before_a_decorator_asks_for_the_password(tmp_path: Path) -> None:
    text = (
        "from flask import Flask\nfrom flask_httpauth import HTTPBasicAuth\n\napp = Flask(__name__)\n"
        "basic = HTTPBasicAuth()\n\n\n@app.route('/login', methods=['GET'])\n@app.route('/tokens', methods=['POST'])\n"
        "@basic.login_required\ndef token():\n    return {'token': 'x'}\n\n\n"
        "@app.post('/sessions')\ndef enter():\n    return {}\n"
    )
    changed = after(plan(tmp_path, {"main.py": text}, "rate-limit"), "main.py")
    limit = "@limiter.limit(LOGIN, methods=['POST'])\n"
    assert f"methods=['POST'])\n{limit}@basic.login_required\ndef token" in changed
    assert f"@app.post('/sessions')\n{limit}def enter" in changed


def test_middleware_of_django_lies_in_the_project_s_package_not_among_its_settings(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "shop/__init__.py": "",
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": SETTINGS,
        "shop/urls.py": URLS,
        "shop/views.py": VIEWS,
    }
    found = plan(tmp_path, files, "audit-log")
    assert "shop/audit_log.py" in [file.path for file in found.files]
    assert "    'shop.audit_log.AuditLog',\n" in after(found, "shop/settings/base.py")


def test_a_new_file_that_git_ignores_is_told(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    files = {"main.py": FASTAPI, ".gitignore": "*_log.py\n"}
    told = plan(tmp_path, files, "audit-log").left[0]
    assert told.startswith("git ignores audit_log.py, tests/test_audit_log.py: commit with `git add --force`")
    assert "git ignores" not in " ".join(plan(tmp_path, {}, "rate-limit").left)


def test_tests_are_told_of_the_key_that_a_trail_put_in_before_refuses_to_work_without(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(FASTAPI)
    applied(tmp_path, "audit-log")
    assert "the environment that it needs (AUDIT_KEY)" in " ".join(plan(tmp_path, {}, "rate-limit").left)


def test_a_package_of_python_is_not_named_in_the_package_json_of_its_pages(tmp_path: Path) -> None:
    files = {"main.py": FASTAPI, "package.json": "{}\n", "requirements.txt": "fastapi\n"}
    found = plan(tmp_path, files, "rate-limit")
    assert [file.path for file in found.files if file.why == "names the packages"] == ["requirements.txt"]
    assert found.commands[0] == "pip install -r requirements.txt"
