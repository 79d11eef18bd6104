"""`jwt-refresh` for Django: djangorestframework-simplejwt, with what it leaves open."""

import posixpath
import re

from tree_sitter import Node

from rearguard.implement import layout, manifests
from rearguard.implement.controls.django import Setting, imports, installed, require, settings
from rearguard.implement.draft import Draft
from rearguard.implement.plan import Package, PresentError, RefusedError
from rearguard.repair import Tree

__all__ = ["put_django"]

_SIMPLEJWT = Package(
    "djangorestframework-simplejwt",
    ">=5.5,<6",
    "the maintained JWT library of Django REST framework, with rotation and a list of revoked tokens",
)
_OTHERS = ("rest_framework_jwt", "knox", "dj_rest_auth", "djoser", "oauth2_provider")
_BLACKLIST = "rest_framework_simplejwt.token_blacklist"
_ROTATES = re.compile(r"[\"'](ROTATE_REFRESH_TOKENS|BLACKLIST_AFTER_ROTATION)[\"']\s*:\s*True")
_WORDS = "auth tokens"


def put_django(draft: Draft, audience: str) -> None:
    """Put login, refresh and logout into the urls. Raises PresentError, RefusedError."""
    app = draft.app
    require(draft)
    if not app.imports("rest_framework") and not manifests.declared(app.manifests, "djangorestframework"):
        raise RefusedError(
            "the application does not use Django REST framework, on which djangorestframework-simplejwt "
            "builds. Its logins are sessions: `rearguard add sessions` looks at those"
        )
    _ask_present(draft)
    path, listed = _urls(draft)
    name = layout.import_root(app, layout.home(app, _WORDS).path)[1]
    draft.saw("Passwords are checked by Django's own backends (AUTHENTICATION_BACKENDS).")
    draft.saw(
        "simplejwt rotates refresh tokens and refuses used ones. It does not end the others when a used "
        "one comes back, which means theft: the new module does."
    )
    draft.package(_SIMPLEJWT)
    draft.new_module(_WORDS, "django/auth_tokens.py", {}, "login, refresh, logout")
    _route(draft, draft.tree(path), listed, name)
    installed(draft, _BLACKLIST)
    imports(draft, app.tree, "datetime", "timedelta")
    settings(
        draft,
        "Tokens: https://django-rest-framework-simplejwt.readthedocs.io/en/stable/settings.html",
        (Setting("SIMPLE_JWT", _SETTINGS.replace("@@audience@@", audience)),),
    )
    draft.brings("POST /auth/login", "POST /auth/refresh", "POST /auth/logout")
    draft.leave("Run `python manage.py migrate`: used and revoked tokens are kept in the database.")
    draft.leave(
        "Protect views with `authentication_classes = [JWTAuthentication]`, or all in REST_FRAMEWORK. "
        "Tokens are signed with SECRET_KEY unless SIMPLE_JWT names a SIGNING_KEY of their own."
    )
    draft.leave("With several processes, logins are throttled together only in a shared cache (CACHES).")
    draft.test(_WORDS, "django/test_auth_tokens.py", {"audience": audience})


_SETTINGS = """{
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "ISSUER": "@@audience@@",
    "AUDIENCE": "@@audience@@",
}"""


def _ask_present(draft: Draft) -> None:
    app = draft.app
    other = app.imports(*_OTHERS)
    if other:
        raise RefusedError(
            f"tokens are issued by another library already ({other}): two kinds are not put in"
        )
    there = app.imports("rest_framework_simplejwt")
    text = app.tree.source.text.decode("utf-8", "replace")
    if not there and "rest_framework_simplejwt" not in text:
        return
    found = set(_ROTATES.findall(text))
    if len(found) == 2 and _BLACKLIST in text:
        raise PresentError(f"simplejwt rotates refresh tokens and refuses used ones ({app.path})")
    raise RefusedError(
        f"simplejwt is used already ({there or app.path}). Set ROTATE_REFRESH_TOKENS and "
        f"BLACKLIST_AFTER_ROTATION to True in SIMPLE_JWT, list {_BLACKLIST} in INSTALLED_APPS, "
        "and run `python manage.py migrate`"
    )


def _urls(draft: Draft) -> tuple[str, Node]:
    """The file of ROOT_URLCONF and its list `urlpatterns`."""
    app = draft.app
    text = app.tree.source.text.decode("utf-8", "replace")
    match = re.search(r"^ROOT_URLCONF\s*=\s*[\"']([\w.]+)[\"']", text, re.M)
    if match is None:
        raise RefusedError(
            f"{app.path} does not write out ROOT_URLCONF, so the place of routes cannot be told"
        )
    root = layout.import_root(app, app.path)[0]
    path = posixpath.join(root, match[1].replace(".", "/") + ".py")
    if path not in app.program.sources:
        raise RefusedError(f"{app.path} names {match[1]}, and there is no {path}")
    tree = draft.tree(path)
    for statement in tree.root.named_children:
        node = statement.named_children[0] if statement.type == "expression_statement" else None
        left = node.child_by_field_name("left") if node is not None else None
        right = node.child_by_field_name("right") if node is not None else None
        if (
            left is not None
            and tree.text(left) == "urlpatterns"
            and right is not None
            and right.type == "list"
        ):
            return path, right
    raise RefusedError(f"{path} does not write out `urlpatterns` as a list")


def _route(draft: Draft, tree: Tree, listed: Node, module: str) -> None:
    quote = tree.quote
    entry = f"path({quote}auth/{quote}, include({quote}{module}{quote}))"
    first = listed.named_children[0] if listed.named_children else None
    if first is None:
        draft.edit(tree.insert(listed.start_byte + 1, f"\n    {entry},\n"), "answers /auth")
    else:
        start = tree.line_start(first.start_byte)
        alone = not tree.source.text[start : first.start_byte].strip()
        gap = "\n" + tree.indent(first.start_byte) if alone else " "
        draft.edit(tree.insert(first.start_byte, f"{entry},{gap}"), "answers /auth")
    imports(draft, tree, "django.urls", "include", "path")
