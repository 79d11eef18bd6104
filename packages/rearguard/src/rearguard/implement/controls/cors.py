"""`cors`: exact origins, and no others, may read answers."""

import re
from urllib.parse import urlsplit

from tree_sitter import Node

from rearguard.implement.controls.django import Setting, installed, middleware, require, settings
from rearguard.implement.controls.script import exports
from rearguard.implement.controls.script import require as brought
from rearguard.implement.controls.seen import cookies, methods
from rearguard.implement.draft import Draft
from rearguard.implement.plan import Package, PresentError, RefusedError
from rearguard.implement.settings import Settings

__all__ = ["put"]

_CORS = Package("cors", "^2.8.6", "the middleware of the Express project itself")
_FLASK_CORS = Package("flask-cors", ">=6,<7", "the maintained CORS extension of Flask")
_DJANGO_CORS = Package("django-cors-headers", ">=4.9,<5", "the maintained CORS application of Django")
_ANYONE = re.compile(r"""\*|\bregex\b|origin\s*:\s*true|^\s*\w+\(\s*(?:\w+\s*)?\)|null""")

_NAMES = {"express": "crossOrigin", "fastapi": "install_cors", "flask": "init_cors"}


def put(draft: Draft, given: Settings) -> None:
    """Put CORS with exact origins into the application, in the place of a permissive one."""
    app = draft.app
    origins = _origins(given.get("origins"))
    credentials = given.get("credentials") or ("yes" if cookies(app) else "no")
    if credentials not in ("yes", "no"):
        raise RefusedError("--set credentials: write yes or no")
    if app.framework != "django":
        draft.ask_present("cross origin", _NAMES[app.framework])
    there = _open_one(draft)
    draft.saw(
        f"Pages of {origins} may read answers"
        + (
            ", with cookies, since the application uses them."
            if credentials == "yes"
            else ", without cookies."
        )
        + " CORS_ORIGINS replaces the list when it is set."
    )
    fields = {
        "origins": origins,
        "methods": ", ".join(f'"{each}"' if app.is_python else f"'{each}'" for each in methods(app)),
    }
    if app.framework == "express":
        _express(draft, there, fields, "true" if credentials == "yes" else "false")
        return
    fields["credentials"] = "True" if credentials == "yes" else "False"
    if app.framework == "django":
        _django(draft, origins, fields["credentials"])
        return
    call = _NAMES[app.framework]
    if app.framework == "flask":
        draft.package(_FLASK_CORS)
    module = draft.module(
        "cross origin",
        f"{app.framework}/cross_origin.py",
        fields,
        call,
        "the origins, checked when the service starts",
    )
    _put(draft, there, f"{call}({app.variable})", before=False)
    draft.test("cross origin", f"{app.framework}/test_cross_origin.py", {"module": draft.name_of(module)})


def _open_one(draft: Draft) -> Node | None:
    """The permissive policy that is replaced, if the application has one.

    Raises PresentError for one that names its origins, RefusedError where it is configured elsewhere.
    """
    app = draft.app
    there = _existing(draft)
    if there is not None:
        text = draft.app.tree.text(there)
        line = app.tree.source.line_of(there.start_byte)
        if not _is_open(app.tree.text(there)):
            raise PresentError(f"CORS is configured at {app.path}:{line} without a wildcard")
        draft.saw(
            f"CORS is open to everyone at {app.path}:{line} ({' '.join(text.split())[:60]}): it is replaced."
        )
    elif app.framework != "django":
        elsewhere = app.imports(
            "flask_cors", "fastapi.middleware.cors", "starlette.middleware.cors", "cors", "@koa/cors"
        )
        if elsewhere:
            raise RefusedError(f"CORS is configured elsewhere ({elsewhere}): change its origins there")
    return there


def _express(draft: Draft, there: Node | None, fields: dict[str, str], credentials: str) -> None:
    app = draft.app
    draft.package(_CORS)
    draft.module(
        "cross origin",
        "express/cross-origin.js",
        {
            **fields,
            **exports(app, "crossOrigin", "exactOrigins", "origins"),
            "import_cors": brought(app, "cors", "cors"),
            "credentials": credentials,
        },
        "crossOrigin",
        "the origins, checked when the service starts",
    )
    _put(draft, there, f"{app.variable}.use(crossOrigin){app.tree.semicolon}", before=True)
    draft.test("cross origin", "express/cross-origin.test.mjs", {})


def _origins(text: str) -> str:
    """The list as given. Raises RefusedError unless each is one exact origin."""
    origins = [each.strip() for each in text.split(",") if each.strip()]
    if not origins:
        raise RefusedError(
            "say which pages may read answers: --set origins=https://app.example.com (several with commas). "
            "If none may, nothing is to be done: browsers forbid it without CORS"
        )
    for origin in origins:
        parts = urlsplit(origin)
        local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
        if (
            origin != f"{parts.scheme}://{parts.netloc}"
            or "*" in origin
            or not (parts.scheme == "https" or local)
        ):
            raise RefusedError(f"{origin!r} is not one exact origin such as https://app.example.com")
    return ",".join(origins)


def _existing(draft: Draft) -> Node | None:
    """The statement of the application's file that configures CORS."""
    tree, own = draft.app.tree, re.escape(draft.app.variable)
    pattern = re.compile(
        rf"(?:{own}\.use\(\s*cors\(|{own}\.add_middleware\(\s*CORSMiddleware\b|CORS\(\s*{own}\b|cors\.init_app\()"
    )
    for node in tree.walk():
        if node.type == "expression_statement" and pattern.match(tree.text(node)):
            return node
    return None


def _is_open(text: str) -> bool:
    """Whether the call, as written, lets in whoever asks: a wildcard, any origin, or none given."""
    inner = text.replace(" ", "").replace("\n", "")
    if re.search(r"""origins?["']?\s*[:=]\s*(?:\[?["']\*["']|true|True)|allow_origin_regex=""", inner):
        return True
    if re.search(r"origin", inner):
        return False
    return "CORSMiddleware" not in inner


def _put(draft: Draft, there: Node | None, line: str, *, before: bool) -> None:
    """In the place of what is there, else at its usual place."""
    if there is not None:
        tree = draft.app.tree
        own = re.escape(draft.app.variable)
        draft.edit(tree.replace(there, line), "names exact origins instead of everyone")
        _drop_import(draft, there)
        for node in tree.walk():
            # Preflights that are answered by a second, equally open one.
            text = tree.text(node) if node.type == "expression_statement" else ""
            if node != there and re.match(rf"{own}\.options\(.*,\s*cors\(\s*\)\s*\)", text):
                open_ = text.rindex("cors(")
                start = node.start_byte + len(text[:open_].encode())
                end = node.start_byte + len(text[: text.index(")", open_) + 1].encode())
                draft.edit(tree.edit(start, end, "crossOrigin"), "")
    elif before:
        draft.before_registrations(line, "answers preflights before every route")
    elif draft.app.framework == "fastapi":
        draft.around(line, "answers preflights before every route")
    else:
        draft.after_construction(line, "answers preflights before every route")


def _drop_import(draft: Draft, there: Node) -> None:
    """Take away the import of what is used no more."""
    tree = draft.app.tree
    rest = tree.slice(0, there.start_byte) + tree.slice(there.end_byte, len(tree.source.text))
    for node in tree.root.named_children:
        text = tree.text(node)
        match = re.fullmatch(
            r"(?:from [\w.]+ import (CORSMiddleware|CORS)|import (cors) from ['\"]cors['\"];?"
            r"|(?:const|var|let) (cors) = require\(['\"]cors['\"]\);?)",
            text.strip(),
        )
        name = next(filter(None, match.groups()), "") if match else ""
        used = re.sub(r"\.options\(.*,\s*cors\(\s*\)\s*\)", "", rest.replace(text, ""))
        used = re.sub(r"//[^\n]*|#[^\n]*", "", used)
        if name and not re.search(rf"\b{name}\b", used):
            end = tree.line_end(node.end_byte - 1)
            draft.edit(tree.edit(tree.line_start(node.start_byte), end, ""), "")


def _django(draft: Draft, origins: str, credentials: str) -> None:
    require(draft)
    text = draft.app.tree.source.text.decode("utf-8", "replace")
    if "corsheaders" in text and not re.search(
        r"CORS_(?:ALLOW_ALL_ORIGINS|ORIGIN_ALLOW_ALL)\s*=\s*True", text
    ):
        raise PresentError(f"django-cors-headers is configured in {draft.app.path}")
    if re.search(r"CORS_(?:ALLOW_ALL_ORIGINS|ORIGIN_ALLOW_ALL)\s*=\s*True", text):
        raise RefusedError(
            f"{draft.app.path} lets every origin in (CORS_ALLOW_ALL_ORIGINS = True): take that line out first"
        )
    draft.package(_DJANGO_CORS)
    middleware(draft, "corsheaders.middleware.CorsMiddleware", first=True)
    installed(draft, "corsheaders")
    listed = ", ".join(f'"{each}"' for each in origins.split(","))
    settings(
        draft,
        "Cross-origin resource sharing: exact origins only",
        (Setting("CORS_ALLOWED_ORIGINS", f"[{listed}]"), Setting("CORS_ALLOW_CREDENTIALS", credentials)),
    )
    draft.test("cross origin", "django/test_cross_origin.py", {"origin": origins.split(",")[0]})
