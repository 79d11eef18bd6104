"""What class-based views of Django have around their methods: mixins, decorators, `dispatch`.

API reference: https://docs.djangoproject.com/en/stable/topics/class-based-views/mixins/,
https://docs.djangoproject.com/en/stable/topics/auth/default/#the-loginrequiredmixin-mixin
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from rearguard.link import Kind
from rearguard.models.python.drf import policies
from rearguard.models.python.support import (
    all_names,
    behind_views,
    call_of,
    class_bases,
    class_name,
    function_link,
    items,
    last_view,
    link,
)
from rearguard.models.routing import BEHIND, Link
from rearguard.models.view import ModelView, ValueView

__all__ = ["DOES_NOTHING", "GENERIC", "VIEWS", "class_links"]

GENERIC = {
    "CreateView": ("GET", "POST"),
    "UpdateView": ("GET", "POST"),
    "DeleteView": ("GET", "POST"),
    "FormView": ("GET", "POST"),
    "LoginView": ("GET", "POST"),
    "LogoutView": ("POST",),
    "PasswordChangeView": ("GET", "POST"),
    "PasswordResetView": ("GET", "POST"),
    "PasswordResetConfirmView": ("GET", "POST"),
}
VIEWS = ("django.views.generic.", "django.contrib.auth.views.")
"""What views are called that have methods of their own, in modules of the framework."""
DOES_NOTHING = (
    *("FormView", "TemplateView", "RedirectView", "LoginView", "LogoutView", "PasswordChangeView"),
    *("PasswordResetView", "PasswordResetConfirmView", "PasswordResetDoneView", "PasswordChangeDoneView"),
    "PasswordResetCompleteView",
)
"""Views that name no class of objects."""

_ASKS = re.compile(r"\.(?:Access|LoginRequired|PermissionRequired|UserPassesTest)Mixin$")
"""Mixins that ask who calls, whatever else a project's own mixin has of them."""
_TESTS = re.compile(r"\.(?:PermissionRequired|UserPassesTest)Mixin$")
"""Mixins that ask the view's own method."""


def class_links(view: ModelView, cid: str, method: str = "") -> tuple[Link, ...]:
    """Base classes with a say in who may call (mixins), `method_decorator`s, and `dispatch`."""
    found: list[Link] = []
    late = behind_views(view, cid)
    tested = False
    for current in view.linker.lineage(cid):
        if current in late:
            continue
        for decorator in view.class_decorators(current):
            found.extend(_method_decorator(decorator, method))
        bases = tuple(class_bases(view, current))
        last = last_view(view, bases)
        for place, value in enumerate(bases):
            if place > last:
                # `class Notes(ListView, LoginRequiredMixin)`: the `dispatch` of the view runs, no other.
                names = tuple(all_names(view, value))
                if any(map(_ASKS.search, names)):
                    found.append(replace(link(value, "class"), how=BEHIND, names=names))
                continue
            tested = tested or any(map(_TESTS.search, all_names(view, value)))
            asks = any(each.endswith(".UserPassesTestMixin") for each in value.names)
            if asks and view.linker.method(cid, "test_func") is not None:
                # What it asks is read.
                continue
            if any(each.endswith("Mixin") for each in value.names):
                found.append(link(value, "class"))
    # Nobody asks a test whose mixin stands behind the view.
    vain = not tested and any(each.how == BEHIND and any(map(_TESTS.search, each.names)) for each in found)
    for name in ("dispatch", "test_func", "has_permission"):
        fid = view.linker.method(cid, name)
        if fid is not None and fid.rpartition(".")[0] not in late and not (vain and name != "dispatch"):
            for value in view.decorators(fid):
                found.extend(_method_decorator(value))
            test = function_link(view, fid, "class", f"{class_name(cid)}.{name}", cid)
            found.append(replace(test, verdict=name != "dispatch"))
    if any(
        each.startswith("rest_framework.") for each in view.linker.table.make(Kind.CLASS, None, cid).names
    ):
        found.extend(policies(view, cid, method=method))
    return tuple(found)


def _method_decorator(value: ValueView, method: str = "") -> Iterator[Link]:
    """What `method_decorator(login_required, name="dispatch")` puts on a view, or on one method of it; in a
    list the first stands before the others."""
    call = call_of(value)
    if call is None or not call.args or not any("method_decorator()" in name for name in call.names):
        yield link(value, "class")
        return
    named = call.arg(1, "name")
    name = named.text if named is not None else None
    if method and name and name not in ("dispatch", method.lower()):
        return
    for each in items(call.args[0]) or (call.args[0],):
        yield link(each, "class")
