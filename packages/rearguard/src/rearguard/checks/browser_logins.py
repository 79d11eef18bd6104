"""Whether browsers carry logins of a program."""

from rearguard.analysis.settings import option_of
from rearguard.checks.base import Context
from rearguard.checks.sensitive_names import is_sensitive
from rearguard.models.settings_concepts import CookieWrite, SessionUse


def keeps_logins(context: Context) -> bool:
    """Whether logins are kept in cookies, which browsers send unasked."""
    if context.uses.of(SessionUse):
        return True
    for use in context.uses.of(CookieWrite):
        name = option_of(use, use.concept.name).const if use.concept.name else None
        if use.concept.session or (isinstance(name, str) and ("sess" in name.lower() or is_sensitive(name))):
            return True
    return False
