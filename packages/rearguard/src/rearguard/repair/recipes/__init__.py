"""How to repair: one recipe a file. The table is the registry; checks name its keys."""

from collections.abc import Mapping

from rearguard.repair.context import Recipe
from rearguard.repair.recipes.allow_hosts import allow_hosts
from rearguard.repair.recipes.application import (
    cookie_header,
    listed_hosts,
    protective_headers,
    session_cookie,
)
from rearguard.repair.recipes.argument_list import argument_list
from rearguard.repair.recipes.bind_parameters import bind_parameters
from rearguard.repair.recipes.constant_time import constant_time
from rearguard.repair.recipes.contain_path import contain_path
from rearguard.repair.recipes.debug_off import debug_off
from rearguard.repair.recipes.decorator_order import decorator_order
from rearguard.repair.recipes.entities_off import entities_off
from rearguard.repair.recipes.equal_operator import equal_operator
from rearguard.repair.recipes.escape_html import escape_html
from rearguard.repair.recipes.escape_value import escape_value
from rearguard.repair.recipes.extraction_filter import extraction_filter
from rearguard.repair.recipes.generic_error import generic_error
from rearguard.repair.recipes.harden_handler import (
    harden_handler,
    require_authentication,
    restrict_to_owner,
    validate_input,
)
from rearguard.repair.recipes.limit_attempts import limit_attempts
from rearguard.repair.recipes.local_redirect import local_redirect
from rearguard.repair.recipes.log_error import log_error
from rearguard.repair.recipes.log_lines import log_failed_login, one_line, redact_log
from rearguard.repair.recipes.new_session import new_session
from rearguard.repair.recipes.options import add_timeout, cookie_flags, flag_on, limit_uploads, verify_tls
from rearguard.repair.recipes.safe_loader import safe_loader
from rearguard.repair.recipes.secret_from_environment import secret_from_environment
from rearguard.repair.recipes.secure_random import secure_random
from rearguard.repair.recipes.slow_hash import slow_hash
from rearguard.repair.recipes.template_variable import template_variable
from rearguard.repair.recipes.token_expiry import token_expiry

__all__ = ["HANDLER_RECIPES", "RECIPES"]

RECIPES: Mapping[str, Recipe] = {
    "add-timeout": add_timeout,
    "allow-hosts": allow_hosts,
    "argument-list": argument_list,
    "bind-parameters": bind_parameters,
    "contain-path": contain_path,
    "token-expiry": token_expiry,
    "secure-random": secure_random,
    "constant-time": constant_time,
    "cookie-flags": cookie_flags,
    "cookie-header": cookie_header,
    "debug-off": debug_off,
    "decorator-order": decorator_order,
    "entities-off": entities_off,
    "equal-operator": equal_operator,
    "escape-html": escape_html,
    "flag-on": flag_on,
    "escape-value": escape_value,
    "extraction-filter": extraction_filter,
    "generic-error": generic_error,
    "harden-handler": harden_handler,
    "listed-hosts": listed_hosts,
    "limit-attempts": limit_attempts,
    "limit-uploads": limit_uploads,
    "local-redirect": local_redirect,
    "log-error": log_error,
    "new-session": new_session,
    "log-failed-login": log_failed_login,
    "one-line": one_line,
    "redact-log": redact_log,
    "protective-headers": protective_headers,
    "require-authentication": require_authentication,
    "restrict-to-owner": restrict_to_owner,
    "safe-loader": safe_loader,
    "session-cookie": session_cookie,
    "slow-hash": slow_hash,
    "secret-from-environment": secret_from_environment,
    "template-variable": template_variable,
    "verify-tls": verify_tls,
    "validate-input": validate_input,
}

HANDLER_RECIPES: frozenset[str] = frozenset(
    ("require-authentication", "restrict-to-owner", "validate-input", "log-error", "generic-error")
)
"""Recipes of findings that one repair of the whole handler can end together."""
