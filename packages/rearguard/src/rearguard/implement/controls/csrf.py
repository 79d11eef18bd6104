"""`csrf`: requests that another site made a browser send are refused."""

from rearguard.implement.controls.django import middleware, require
from rearguard.implement.controls.script import exports, types
from rearguard.implement.controls.seen import cookies
from rearguard.implement.draft import Draft
from rearguard.implement.plan import PresentError, RefusedError
from rearguard.implement.settings import Settings

__all__ = ["put"]

_LIBRARIES = (
    "flask_wtf.csrf", "flask_seasurf", "starlette_csrf", "fastapi_csrf_protect", "csurf", "csrf-csrf",
    "lusca", "@dr.pogodin/csurf", "strongback.http.csrf",
)  # fmt: skip
_NAMES = {
    "express": "refuseCrossSite",
    "fastapi": "CrossSiteRequests",
    "flask": "init_cross_site_requests",
}
_OF_A_LOGIN = r"\w*(?i:state|oauth|oidc|openid)"
"""What is compared so where an identity provider sends a browser back: it guards that login alone."""
_TOKEN = rf"(?!{_OF_A_LOGIN})\w*(?:nonce|csrf|xsrf|token)\w*"
_KEPT = rf"(?:session(?:\[|\.get\()['\"]{_TOKEN}['\"][\])]|\breq(?:uest)?\.session\.{_TOKEN})"
_SENT = (
    r"\breq(?:uest)?\.(?:headers?|form|body|get|args|values|params|query)\b"
    rf"(?!(?:\??\.get)?\W{{1,4}}{_OF_A_LOGIN})[^\n]*"
)
_COMPARED = rf"{_KEPT}\s*[!=]==?\s*{_SENT}|{_SENT}\s*[!=]==?\s*{_KEPT}"
"""Where a program compares what a session holds with what the request brings."""
_DJANGO = "django.middleware.csrf.CsrfViewMiddleware"


def put(draft: Draft, settings: Settings) -> None:
    """Put the check of Sec-Fetch-Site and Origin before every route; Django has its own middleware."""
    app = draft.app
    if app.framework == "django":
        require(draft)
        if not middleware(draft, _DJANGO, after="django.middleware.common.CommonMiddleware"):
            raise PresentError(f"{_DJANGO} is in MIDDLEWARE ({draft.app.path})")
        draft.saw("Django brings the control: its middleware checks Origin and a token in every form.")
        draft.leave("Put {% csrf_token %} into every form that posts, and send X-CSRFToken from scripts.")
        draft.test("cross site requests", "django/test_cross_site_requests.py", {})
        return
    _refuse_a_second(draft)
    place = cookies(app)
    if not place:
        raise RefusedError(
            "the application sets and reads no cookie: browsers attach nothing by themselves that "
            "another site "
            "could use. Where credentials travel in a header, this control has nothing to protect"
        )
    draft.saw(
        f"It uses cookies ({place}), which browsers attach to requests of other sites. Browsers also "
        f"say where a "
        "request comes from (Sec-Fetch-Site, Origin), so neither forms nor scripts have to change."
    )
    draft.leave(
        "Clients that are no browsers and send a cookie must send Origin too; requests with a bearer "
        "token and "
        "no cookie pass."
    )
    draft.leave("Name other origins whose pages may change things here in CSRF_TRUSTED_ORIGINS.")
    _write(draft, settings.get("origins"))


def _refuse_a_second(draft: Draft) -> None:
    """Raises PresentError where something tells the own pages' requests from others already."""
    app = draft.app
    found = app.imports(*_LIBRARIES)
    if found:
        raise PresentError(f"a library against CSRF is imported at {found}")
    draft.ask_present("cross site requests", _NAMES[app.framework])
    own = app.mentions(r"sec-fetch-site|headers?\.origin\b|\.(?:get|header)\(\s*['\"]origin['\"]")
    if own:
        raise PresentError(f"the origin of requests is looked at already, at {own}; extend that place")
    compared = app.mentions(_COMPARED)
    if compared:
        raise PresentError(f"requests are asked for a token of their session already, at {compared}")


def _write(draft: Draft, origins: str) -> None:
    """The check before every route, in the framework's way, with its test."""
    app = draft.app
    fields = {"origins": origins}
    words = "cross site requests"
    if app.framework == "express":
        draft.module(
            words,
            "express/cross-site-requests.js",
            {
                **fields,
                **exports(app, "refuseCrossSite"),
                "imports": types(app, "NextFunction, Request, Response"),
            },
            "refuseCrossSite",
            "the check; no package: csurf is deprecated, and csrf-csrf would change every form and script",
        )
        draft.before_registrations(
            f"{app.variable}.use(refuseCrossSite){app.tree.semicolon}", "before every route"
        )
        draft.test(words, "express/cross-site-requests.test.mjs", {})
    elif app.framework == "flask":
        draft.module(words, "flask/cross_site_requests.py", fields, "init_cross_site_requests", "the check")
        draft.after_construction(f"init_cross_site_requests({app.variable})", "before every view")
        draft.test(words, "flask/test_cross_site_requests.py", {})
    else:
        draft.module(words, "fastapi/cross_site_requests.py", fields, "CrossSiteRequests", "the check")
        draft.around(
            f"{app.variable}.add_middleware(CrossSiteRequests)", "before every route and WebSocket handshake"
        )
        draft.test(words, "fastapi/test_cross_site_requests.py", {})
