"""What `add` plans for applications of many shapes, and what it refuses."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from rearguard.implement import (
    CONTROLS,
    Plan,
    PresentError,
    RefusedError,
    Settings,
    WriteError,
    diff,
    plan_control,
    write,
)


def made(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def plan(root: Path, control: str, at: str = "", **given: str) -> Plan:
    settings = Settings({name.replace("_", "-"): value for name, value in given.items()})
    return plan_control(root, CONTROLS[control], settings, at=at).plan


def after(found: Plan, path: str) -> str:
    return next(file.after.decode() for file in found.files if file.path == path)


FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef home():\n    return {}\n"
EXPRESS = (
    "import express from 'express';\n\nconst app = express();\napp.set('trust proxy', 1);\napp.use(express.json());\n"
    "app.get('/', (req, res) => res.json({}));\napp.listen(3000);\n"
)


def test_a_script_without_a_package_imports_its_neighbour(tmp_path: Path) -> None:
    root = made(tmp_path, {"main.py": FASTAPI})
    found = plan(root, "security-headers")
    assert "from security_headers import install_security_headers\n" in after(found, "main.py")
    assert "from main import app\n" in after(found, "tests/test_security_headers.py")


def test_a_package_is_imported_as_the_project_imports_it(tmp_path: Path) -> None:
    files = {"backend/app/main.py": FASTAPI, "backend/app/other.py": "from app.main import app\n"}
    found = plan(made(tmp_path, files), "security-headers")
    assert "from app.security_headers import install_security_headers\n" in after(
        found, "backend/app/main.py"
    )
    assert found.commands[-1] == "cd backend && python -m pytest tests/test_security_headers.py"


def test_relative_imports_stay_relative(tmp_path: Path) -> None:
    files = {"shop/__init__.py": "", "shop/api.py": "from .db import x\n" + FASTAPI, "shop/db.py": "x = 1\n"}
    found = plan(made(tmp_path, files), "security-headers")
    assert "from .security_headers import install_security_headers\n" in after(found, "shop/api.py")


def test_middleware_goes_before_the_first_that_is_there_and_after_settings(tmp_path: Path) -> None:
    root = made(tmp_path, {"server.js": EXPRESS, "package.json": '{"type": "module"}'})
    text = after(plan(root, "security-headers"), "server.js")
    assert "app.set('trust proxy', 1);\napp.use(securityHeaders);\napp.use(express.json());" in text
    assert "import { securityHeaders } from './security-headers.js';" in text


def test_the_error_handler_goes_after_the_last_route_and_before_listening(tmp_path: Path) -> None:
    root = made(tmp_path, {"server.js": EXPRESS, "package.json": '{"type": "module"}'})
    text = after(plan(root, "error-handling"), "server.js")
    assert "res.json({}));\napp.use(notFound);\napp.use(errorHandler);\napp.listen(3000);" in text


def test_a_registration_in_a_condition_is_no_safe_place(tmp_path: Path) -> None:
    odd = EXPRESS.replace(
        "app.listen", "if (process.env.X) {\n  app.use('/x', (req, res) => res.end());\n}\napp.listen"
    )
    root = made(tmp_path, {"server.js": odd, "package.json": '{"type": "module"}'})
    with pytest.raises(RefusedError, match="condition"):
        plan(root, "error-handling")


def test_types_are_kept_for_typescript_alone(tmp_path: Path) -> None:
    root = made(tmp_path, {"src/app.ts": EXPRESS, "package.json": '{"dependencies": {"express": "5"}}'})
    found = plan(root, "rate-limit")
    assert "type Options" in after(found, "src/rate-limits.ts")
    assert "import { requestLimit } from './rate-limits';" in after(found, "src/app.ts")
    package = json.loads(after(found, "package.json"))
    assert set(package["dependencies"]) == {"express", "express-rate-limit"}
    assert set(package["devDependencies"]) == {"tsx"}


def test_the_quotes_of_the_project_are_used(tmp_path: Path) -> None:
    root = made(tmp_path, {"server.js": EXPRESS.replace("'", '"'), "package.json": "{}"})
    text = after(plan(root, "security-headers"), "security-headers.js")
    assert 'import helmet from "helmet";' in text
    assert "[\"'none'\"]" in text


def test_everything_else_in_package_json_stays_as_it_is(tmp_path: Path) -> None:
    manifest = '{\n    "name": "x", "engines": { "node": ">=20" },\n    "dependencies": { "express": "5", "zod": "4" }\n}\n'
    root = made(tmp_path, {"server.js": EXPRESS, "package.json": manifest})
    changed = after(plan(root, "security-headers"), "package.json")
    assert changed == manifest.replace('"zod"', '"helmet": "^8.3.0", "zod"')


def test_requirements_get_a_line(tmp_path: Path) -> None:
    root = made(tmp_path, {"main.py": FASTAPI, "requirements.txt": "fastapi==0.165.0"})
    found = plan(root, "rate-limit")
    assert after(found, "requirements.txt") == "fastapi==0.165.0\nlimits>=5.8,<6\n"
    assert found.commands[0] == "pip install -r requirements.txt"


def test_logins_are_limited_by_what_they_read(tmp_path: Path) -> None:
    login = "\n@app.post('/enter')\ndef enter(name: str = Form(), password: str = Form()):\n    return {}\n"
    text = FASTAPI.replace("import FastAPI", "import FastAPI, Form") + login
    found = plan(made(tmp_path, {"main.py": text}), "rate-limit")
    assert 'LOGIN_PATHS = frozenset({"/enter"})' in after(found, "rate_limits.py")


def test_open_cors_is_replaced_with_its_import_and_its_preflights(tmp_path: Path) -> None:
    text = EXPRESS.replace("app.use(express.json());", "app.use(cors());\napp.options('*', cors());")
    text = "import cors from 'cors';\n" + text
    root = made(tmp_path, {"server.js": text, "package.json": '{"type": "module"}'})
    changed = after(plan(root, "cors", origins="https://app.example.com"), "server.js")
    assert "cors()" not in changed
    assert "from 'cors'" not in changed
    assert "app.use(crossOrigin);\napp.options('*', crossOrigin);" in changed


def test_exact_cors_stays(tmp_path: Path) -> None:
    text = EXPRESS.replace("app.use(express.json());", "app.use(cors({ origin: ['https://a.example'] }));")
    root = made(tmp_path, {"server.js": "import cors from 'cors';\n" + text, "package.json": "{}"})
    with pytest.raises(PresentError, match="without a wildcard"):
        plan(root, "cors", origins="https://app.example.com")


@pytest.mark.parametrize(
    "origins", ["*", "https://*.example.com", "http://app.example.com", "app.example.com"]
)
def test_what_is_no_exact_origin_is_refused(tmp_path: Path, origins: str) -> None:
    with pytest.raises(RefusedError, match="exact origin"):
        plan(made(tmp_path, {"main.py": FASTAPI}), "cors", origins=origins)


def test_cors_asks_for_origins(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="--set origins="):
        plan(made(tmp_path, {"main.py": FASTAPI}), "cors")


def test_an_application_without_cookies_needs_no_csrf(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no cookie"):
        plan(made(tmp_path, {"main.py": FASTAPI}), "csrf")


def test_pages_with_inline_code_get_a_policy_that_reports(tmp_path: Path) -> None:
    page = "<html><body><script>go()</script></body></html>"
    files = {
        "main.py": FASTAPI.replace("FastAPI()", "FastAPI(openapi_url=None)"),
        "templates/home.html": page,
    }
    found = plan(made(tmp_path, files), "security-headers")
    assert "templates/home.html:1" in " ".join(found.seen)
    assert "Content-Security-Policy-Report-Only" in after(found, "security_headers.py")
    assert "DOCS_POLICY" not in after(found, "security_headers.py")


def test_several_applications_have_to_be_told_apart(tmp_path: Path) -> None:
    root = made(tmp_path, {"a.py": FASTAPI, "b.py": FASTAPI})
    with pytest.raises(RefusedError, match=r"--at PATH:LINE \(a.py:3, b.py:3\)"):
        plan(root, "security-headers")
    assert plan(root, "security-headers", at="b.py").application == "b.py:3 (FastAPI)"


def test_no_application_is_told(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no application"):
        plan(made(tmp_path, {"main.py": "print(1)\n"}), "security-headers")


def test_an_application_without_a_name_cannot_be_extended(tmp_path: Path) -> None:
    text = "from fastapi import FastAPI\n\n\ndef make():\n    return FastAPI()\n"
    with pytest.raises(RefusedError, match="not given a name"):
        plan(made(tmp_path, {"main.py": text}), "security-headers")


def test_a_factory_with_arguments_that_nobody_gives_cannot_be_tested(tmp_path: Path) -> None:
    text = "from fastapi import FastAPI\n\n\ndef make(config):\n    app = FastAPI()\n    return app\n"
    with pytest.raises(RefusedError, match="takes arguments"):
        plan(made(tmp_path, {"main.py": text}), "security-headers")


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    root = made(tmp_path, {"main.py": FASTAPI, "security_headers.py": "x = 1\n"})
    with pytest.raises(RefusedError, match="exists with other content"):
        plan(root, "security-headers")


def test_a_name_that_is_taken_is_not_shadowed(tmp_path: Path) -> None:
    root = made(tmp_path, {"main.py": FASTAPI + "\n\ndef install_security_headers(x):\n    return x\n"})
    with pytest.raises(RefusedError, match="for something else"):
        plan(root, "security-headers")


def test_an_unknown_decision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="this control knows origins"):
        plan(made(tmp_path, {"main.py": FASTAPI}), "cors", colour="red")


DJANGO = (
    "INSTALLED_APPS = [\n    'django.contrib.auth',\n]\n\nMIDDLEWARE = [\n"
    "    'django.middleware.security.SecurityMiddleware',\n    'django.middleware.common.CommonMiddleware',\n]\n"
)


def test_django_settings_are_extended_and_what_is_set_stays(tmp_path: Path) -> None:
    files = {
        "site/settings.py": DJANGO + "X_FRAME_OPTIONS = 'SAMEORIGIN'\n",
        "requirements.txt": "Django>=5.2\n",
    }
    found = plan(made(tmp_path, files), "security-headers")
    text = after(found, "site/settings.py")
    assert "SECURE_HSTS_SECONDS = 31_536_000" in text
    assert text.count("X_FRAME_OPTIONS") == 1
    assert any("X_FRAME_OPTIONS is set already" in each for each in found.seen)


@pytest.mark.parametrize("control", ["security-headers", "rate-limit", "audit-log", "csrf"])
def test_django_settings_are_extended_once(tmp_path: Path, control: str) -> None:
    root = made(tmp_path, {"site/settings.py": DJANGO, "manage.py": "", "requirements.txt": "Django>=5.2\n"})
    found = plan(root, control)
    assert found.commands[-1].startswith("python manage.py test tests.test_")
    write(root, found.files)
    with pytest.raises(PresentError):
        plan(root, control)


def test_django_middleware_is_put_in_its_order(tmp_path: Path) -> None:
    found = plan(made(tmp_path, {"site/settings.py": DJANGO}), "csrf")
    assert "CommonMiddleware',\n    'django.middleware.csrf.CsrfViewMiddleware',\n]" in after(
        found, "site/settings.py"
    )


def test_a_version_of_django_without_updates_is_refused(tmp_path: Path) -> None:
    files = {"site/settings.py": DJANGO, "requirements.txt": "Django==1.10.5\n"}
    with pytest.raises(RefusedError, match="no security updates"):
        plan(made(tmp_path, files), "security-headers")


def test_a_diff_shows_new_and_changed_files(tmp_path: Path) -> None:
    shown = diff(plan(made(tmp_path, {"main.py": FASTAPI}), "security-headers").files)
    assert shown["security_headers.py"].startswith("--- /dev/null\n+++ b/security_headers.py\n")
    assert "+install_security_headers(app)\n" in shown["main.py"]


def test_nothing_is_written_through_a_link_or_over_a_change(tmp_path: Path) -> None:
    root = made(tmp_path / "app", {"main.py": FASTAPI})
    found = plan(root, "security-headers")
    (root / "main.py").write_text(FASTAPI + "# changed meanwhile\n")
    with pytest.raises(WriteError, match="has changed"):
        write(root, found.files)
    assert not (root / "security_headers.py").exists()
    assert not (root / "tests").exists()
    (root / "main.py").write_text(FASTAPI)
    (tmp_path / "elsewhere").mkdir()
    (root / "tests").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(WriteError, match="symbolic link"):
        write(root, found.files)
    assert sorted(path.name for path in root.iterdir()) == ["main.py", "tests"]
