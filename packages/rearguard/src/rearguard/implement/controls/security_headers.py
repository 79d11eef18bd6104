"""`security-headers`: HSTS, CSP, framing, nosniff, Referrer-Policy on every response."""

import re

from rearguard.implement.controls.django import Setting, middleware, require, settings
from rearguard.implement.controls.pages import Pages, pages
from rearguard.implement.draft import Draft
from rearguard.implement.layout import is_esm
from rearguard.implement.plan import Package, PresentError
from rearguard.implement.settings import Settings

__all__ = ["put"]

_HELMET = Package(
    "helmet", "^8.3.0", "the maintained collection of these headers for Express; no dependencies of its own"
)
_NAMES = {
    "express": "securityHeaders",
    "fastapi": "install_security_headers",
    "flask": "init_security_headers",
}
_DOCS = """# The documentation pages of FastAPI start inline what they load: more than this stops them.
DOCS_PATHS = frozenset({@@paths@@})
DOCS_POLICY = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

"""


def put(draft: Draft, settings: Settings) -> None:
    """Put security headers into the application."""
    app = draft.app
    found = app.imports("helmet", "flask_talisman", "secure", "strongback.http.headers")
    if found:
        raise PresentError(f"a library for security headers is imported at {found}")
    if app.framework != "django":
        draft.ask_present("security headers", _NAMES[app.framework])
        own = app.mentions(
            r"['\"](?:x-content-type-options|strict-transport-security|content-security-policy)['\"]"
            r"|\blusca\.(?:csp|hsts|nosniff|xframe|referrerPolicy)\(",
            outside_of_handlers=True,
        )
        if own:
            raise PresentError(f"the application sets such headers itself at {own}; extend that place")
    if app.framework == "django":
        _django(draft)
        return
    seen = pages(app)
    report_only = _say(draft, seen)
    if app.framework == "express":
        _express(draft, seen, report_only)
    elif app.framework == "flask":
        _flask(draft, report_only)
    else:
        _fastapi(draft, report_only)


_REPORTED = (
    "framing, plug-ins and base addresses are enforced, the rest is sent as "
    "Content-Security-Policy-Report-Only."
)


def _say(draft: Draft, seen: Pages) -> bool:
    """Tell what was seen; whether the policy of pages can only be reported for now."""
    if not seen.has_pages:
        draft.saw("It answers with data, not pages: the Content-Security-Policy forbids everything.")
        return False
    if seen.unread and not seen.blocked:
        draft.saw(
            f"It answers with pages that are not among what was read ({seen.unread}), and a strict policy "
            f"may block what they load: {_REPORTED}"
        )
        draft.leave(
            "Read what browsers report, move inline code into files, then enforce the policy that is only "
            "reported now."
        )
        return True
    if not seen.blocked:
        draft.saw("It renders pages without inline scripts or other hosts: the policy is enforced at once.")
        return False
    places = ", ".join(seen.blocked[:4]) + (" and others" if len(seen.blocked) > 4 else "")
    draft.saw(
        f"Its pages hold inline code or load from other hosts ({places}), which a strict policy would block: "
        f"{_REPORTED}"
    )
    draft.leave(
        "Move inline code into files, list the other hosts, then enforce the policy that is only "
        "reported now."
    )
    return True


_STRICT = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_LENIENT = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"


def _policies(report_only: bool) -> str:
    """The constants of the policies of pages."""
    if not report_only:
        comment = "# Pages may load what this service serves, and no inline code."
        return f'{comment}\nPAGE_POLICY = (\n    "{_STRICT}"\n)'
    return (
        f'PAGE_POLICY = "{_LENIENT}"\n'
        "# What pages should keep to. Browsers report what does not, and block nothing yet.\n"
        f'WANTED_PAGE_POLICY = (\n    "{_STRICT}"\n)'
    )


def _choose(indent: str, is_page: str, headers: str, report_only: bool, docs: bool = False) -> str:
    """The lines that set the policy."""
    name = '"Content-Security-Policy"'
    policy = f"PAGE_POLICY if {is_page} else DATA_POLICY"
    chosen = f"{headers}.setdefault({name}, {policy})"
    if len(indent + chosen) > 110:
        chosen = f"policy = {policy}\n{indent}{headers}.setdefault({name}, policy)"
    if docs:
        lines = [
            'if scope["path"] in DOCS_PATHS:',
            f"    {headers}.setdefault({name}, DOCS_POLICY)",
            chosen,
        ]
    else:
        lines = [chosen]
    if report_only:
        lines += [
            f"if {is_page}:",
            f'    {headers}.setdefault("Content-Security-Policy-Report-Only", WANTED_PAGE_POLICY)',
        ]
    return "\n".join(indent + line for line in lines)


def _fastapi(draft: Draft, report_only: bool) -> None:
    paths = _docs_paths(draft)
    if paths:
        draft.saw(
            f"It serves the documentation of FastAPI ({', '.join(paths)}), which loads scripts from a "
            f"CDN: those "
            "paths get a policy of their own."
        )
        draft.leave("Turn the documentation off in production: FastAPI(docs_url=None, redoc_url=None).")
    draft.module(
        "security headers",
        "fastapi/security_headers.py",
        {
            "referrer": _referrer(draft),
            "page_policy": _policies(report_only),
            "docs_policy": _DOCS.replace("@@paths@@", ", ".join(f'"{p}"' for p in paths)) if paths else "",
            "choose_policy": _choose(" " * 16, "is_page", "headers", report_only, bool(paths)),
        },
        "install_security_headers",
        "the headers and why each policy is as it is",
    )
    draft.after_construction(
        f"install_security_headers({draft.app.variable})", "puts the headers around all routes and errors"
    )
    draft.test(
        "security headers",
        "fastapi/test_security_headers.py",
        {},
    )


def _docs_paths(draft: Draft) -> tuple[str, ...]:
    call = draft.app.tree.slice(draft.app.creation.start, draft.app.creation.end)
    if re.search(r"openapi_url\s*=\s*None", call):
        return ()
    found: list[str] = []
    for option, usual in (("docs_url", "/docs"), ("redoc_url", "/redoc")):
        given = re.search(rf"{option}\s*=\s*(None|\"[^\"]*\"|'[^']*')", call)
        if given is None:
            found.append(usual)
        elif given[1] != "None":
            found.append(given[1][1:-1])
    return tuple(found)


def _referrer(draft: Draft) -> str:
    return "strict-origin-when-cross-origin" if pages(draft.app).has_pages else "no-referrer"


def _flask(draft: Draft, report_only: bool) -> None:
    draft.module(
        "security headers",
        "flask/security_headers.py",
        {
            "referrer": _referrer(draft),
            "page_policy": _policies(report_only),
            "choose_policy": _choose(
                "    ", 'response.mimetype == "text/html"', "response.headers", report_only
            ),
        },
        "init_security_headers",
        "the headers and why each policy is as it is",
    )
    draft.after_construction(f"init_security_headers({draft.app.variable})", "adds them to every response")
    draft.test("security headers", "flask/test_security_headers.py", {})


_STRICT_RULES = (
    "defaultSrc 'self'",
    "objectSrc 'none'",
    "baseUri 'none'",
    "formAction 'self'",
    "frameAncestors 'none'",
)
_LENIENT_RULES = ("objectSrc 'none'", "baseUri 'none'", "frameAncestors 'none'")
_WANTED = """,
  // What pages should keep to. Browsers report what does not, and block nothing yet.
  helmet.contentSecurityPolicy({
    useDefaults: false,
    reportOnly: true,
    directives: {
@@directives@@
    },
  }),
]"""


def _directive(rule: str, indent: str) -> str:
    name, value = rule.split()
    return f'{indent}{name}: ["{value}"],'


def _express(draft: Draft, seen: Pages, report_only: bool) -> None:
    esm = is_esm(draft.app)
    if not seen.has_pages:
        rules: tuple[str, ...] = ("defaultSrc 'none'", "frameAncestors 'none'")
    else:
        rules = _LENIENT_RULES if report_only else _STRICT_RULES
    wanted = "\n".join(_directive(rule, "      ") for rule in _STRICT_RULES)
    draft.package(_HELMET)
    draft.module(
        "security headers",
        "express/security-headers.js",
        {
            "import_helmet": "import helmet from 'helmet';" if esm else "const helmet = require('helmet');",
            "export": "export const " if esm else "const ",
            "export_end": "" if esm else "\nmodule.exports = { securityHeaders };",
            "directives": "\n".join(_directive(rule, "      ") for rule in rules),
            "open": "[" if report_only else "",
            "close": _WANTED.replace("@@directives@@", wanted) if report_only else "",
            "referrer": _referrer(draft),
        },
        "securityHeaders",
        "helmet with a policy for what this application answers",
    )
    draft.before_registrations(
        f"{draft.app.variable}.use(securityHeaders){draft.app.tree.semicolon}",
        "first of all middleware, so that every answer carries them",
    )
    draft.test("security headers", "express/security-headers.test.mjs", {})


def _django(draft: Draft) -> None:
    version = require(draft)
    middleware(draft, "django.middleware.security.SecurityMiddleware", first=True)
    middleware(draft, "django.middleware.clickjacking.XFrameOptionsMiddleware")
    wanted = [
        Setting("SECURE_HSTS_SECONDS", "31_536_000"),
        Setting("SECURE_HSTS_INCLUDE_SUBDOMAINS", "True"),
        Setting("SECURE_CONTENT_TYPE_NOSNIFF", "True"),
        Setting("SECURE_REFERRER_POLICY", '"strict-origin-when-cross-origin"'),
        Setting("X_FRAME_OPTIONS", '"DENY"'),
    ]
    draft.saw("Django brings these headers: its middleware sends them once its settings say so.")
    if version >= 6:
        middleware(draft, "django.middleware.csp.ContentSecurityPolicyMiddleware")
        seen = pages(draft.app)
        wanted.append(
            Setting("SECURE_CSP_REPORT_ONLY" if seen.blocked or seen.unread else "SECURE_CSP", _DJANGO_CSP)
        )
    else:
        draft.leave(
            "Content-Security-Policy comes with Django 6 (SECURE_CSP), for older ones with django-csp."
        )
    draft.leave("HSTS is sent over https alone, for a year: be sure that every subdomain answers over https.")
    settings(
        draft, "Security headers: https://docs.djangoproject.com/en/stable/topics/security/", tuple(wanted)
    )
    draft.test("security headers", "django/test_security_headers.py", {})


_DJANGO_CSP = """{
    "default-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}"""
