"""Handlers made whole: several findings of one handler end with one rewriting of it.

The order is that of the OWASP proactive controls: who calls, is the request well formed, may the caller do
this to this object, and only then the work, whose errors are logged in full and answered in general.
"""

import contextlib
from collections.abc import Collection

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.recipes.handlers import (
    bounds,
    django_login,
    meant_for,
    python_body,
    python_errors,
    python_login,
    python_objects,
    scoped,
    script_body,
    script_errors,
    script_login,
    script_objects,
    sibling_guard,
)
from rearguard.repair.recipes.handlers.callers import Caller, python_caller, script_caller, spelled
from rearguard.repair.recipes.handlers.entries import refuse_entries
from rearguard.repair.recipes.handlers.python_handler import PythonHandler
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.syntax import RepairError

__all__ = ["harden_handler", "require_authentication", "restrict_to_owner", "validate_input"]

_LOGIN, _OWNER, _INPUT = "require-authentication", "restrict-to-owner", "validate-input"
_ERRORS = ("log-error", "generic-error")


def harden_handler(context: RepairContext) -> Fix:
    """Everything that the findings of the handler ask for."""
    wanted = {target.recipe for target in context.targets}
    if _LOGIN in wanted:
        meant_for.check_login(context)
    if _OWNER in wanted:
        meant_for.check_owner(context)
        wanted.add("identify")
    return _repaired(context, wanted, "Rewrite the handler")


def require_authentication(context: RepairContext) -> Fix:
    """Ask who calls, as the project's other routes do."""
    _refuse_inherited(context)
    refuse_entries(context)
    meant_for.check_login(context)
    if context.target.guards and context.is_python:
        with contextlib.suppress(RepairError):
            return proposed(
                "Require a login, as the other routes do",
                Disposition.REVIEW,
                *sibling_guard.decorate(context),
            )
    if context.route is not None and context.route.framework == "django":
        edits = django_login.authenticate(context)
        return proposed("Require a login, as the other views do", Disposition.REVIEW, *edits)
    return _repaired(context, (_LOGIN,), "Require a login, as the other routes do")


def restrict_to_owner(context: RepairContext) -> Fix:
    """Let callers reach what is theirs: where it is looked up, else by a test of what was found."""
    title = "Limit the object to its owner"
    meant_for.check_owner(context)
    try:
        return _repaired(context, (_OWNER,), title)
    except RepairError as refused:
        owner = _owner(context)
        try:
            edits = scoped.scope(context, owner, _caller(context))
        except RepairError:
            raise refused from None
        return proposed(title, Disposition.REVIEW, *edits)


def _refuse_inherited(context: RepairContext) -> None:
    """Raises RepairError where a class answers with what it inherits: nothing of it is written here."""
    if context.handler not in context.view.linker.functions:
        raise RepairError("the class inherits what answers; say on the class who may call it")


def _caller(context: RepairContext) -> Caller | None:
    """How the project knows the caller, where a query is limited to what is theirs."""
    function = context.view.function(context.handler or context.target.fid)
    if not context.is_python:
        request = function.params[0].name if function.params else "req"
        return context.once(script_caller, request, context.is_fragment)
    return context.once(python_caller, ("g.user", "request.user", "current_user", "user"))


def validate_input(context: RepairContext) -> Fix:
    """Check identifiers and body before they are used: by a schema, or the texts of a form one by one."""
    try:
        return _repaired(context, (_INPUT,), "Check the input against a schema")
    except RepairError as refused:
        if not context.is_python:
            raise
        try:
            edits = bounds.bound(context)
        except RepairError as error:
            raise error if "framework" in str(refused) or "variable" in str(refused) else refused from None
        return proposed("Refuse texts that are too long", Disposition.REVIEW, *edits)


def _repaired(context: RepairContext, wanted: Collection[str], title: str) -> Fix:
    if _LOGIN in wanted:
        refuse_entries(context)
    edits, needs = _python(context, wanted) if context.is_python else _script(context, wanted)
    if needs:
        title += f" (needs the package {needs})"
    return proposed(title, Disposition.REVIEW, *edits)


def _owner(context: RepairContext) -> str:
    """The field that says whose the object is."""
    owner = next((target.owner for target in context.targets if target.recipe == _OWNER), "")
    language = context.here.source.language
    alike = ("python",) if context.is_python else ("javascript", "typescript", "tsx")
    return context.once(spelled, owner, (language, *alike))


def _script(context: RepairContext, wanted: Collection[str]) -> tuple[list[Edit], str]:
    handler = ScriptHandler(context)
    if _LOGIN in wanted:
        script_login.authenticate(handler)
    if _INPUT in wanted or "identify" in wanted:
        script_objects.identify(handler)
    if _OWNER in wanted:
        script_objects.own(handler, _owner(context))
    if _INPUT in wanted:
        script_body.validate(handler)
    if any(name in wanted for name in _ERRORS):
        script_errors.record(handler)
    return handler.fix(), handler.needs


def _python(context: RepairContext, wanted: Collection[str]) -> tuple[list[Edit], str]:
    handler = PythonHandler(context)
    if _LOGIN in wanted:
        python_login.authenticate(handler)
    if _INPUT in wanted or "identify" in wanted:
        python_objects.identify(handler)
    if _OWNER in wanted:
        python_objects.own(handler, _owner(context))
    if _INPUT in wanted:
        python_body.validate(handler)
    if any(name in wanted for name in _ERRORS):
        python_errors.record(handler)
    return handler.fix(), handler.needs
