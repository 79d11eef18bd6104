"""Handlers made whole: several findings of one handler end with one rewriting of it.

The order is that of the OWASP proactive controls: who calls, is the request well formed, may the caller do
this to this object, and only then the work, whose errors are logged in full and answered in general.
"""

from rearguard.findings import Disposition, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.recipes.handler_python import PythonHandler
from rearguard.repair.recipes.handler_script import ScriptHandler

__all__ = ["harden_handler", "require_authentication", "restrict_to_owner", "validate_input"]


def _handler(context: RepairContext) -> ScriptHandler | PythonHandler:
    return PythonHandler(context) if context.is_python else ScriptHandler(context)


def harden_handler(context: RepairContext) -> Fix:
    """Everything that the findings of the handler ask for."""
    handler = _handler(context)
    wanted = {target.recipe for target in context.targets}
    if "require-authentication" in wanted:
        handler.authenticate()
    if wanted & {"validate-input", "restrict-to-owner"}:
        handler.identify()
    for target in context.targets:
        if target.recipe == "restrict-to-owner":
            handler.own(target.owner)
            break
    if "validate-input" in wanted:
        handler.validate()
    if wanted & {"log-error", "generic-error"}:
        handler.record()
    return proposed("Rewrite the handler", Disposition.REVIEW, *handler.fix())


def require_authentication(context: RepairContext) -> Fix:
    """Ask who calls, as the project's other routes do."""
    handler = _handler(context)
    handler.authenticate()
    return proposed("Require a login, as the other routes do", Disposition.REVIEW, *handler.fix())


def restrict_to_owner(context: RepairContext) -> Fix:
    """Let callers reach what is theirs."""
    handler = _handler(context)
    handler.own(context.target.owner)
    return proposed("Limit the object to its owner", Disposition.REVIEW, *handler.fix())


def validate_input(context: RepairContext) -> Fix:
    """Check identifiers and body before they are used."""
    handler = _handler(context)
    handler.identify()
    handler.validate()
    return proposed("Check the input against a schema", Disposition.REVIEW, *handler.fix())
