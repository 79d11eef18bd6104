"""The controls that `add` knows. One file each; a new one is a file, its templates and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rearguard.implement.controls import (
    audit_log,
    cors,
    csrf,
    error_handling,
    jwt_refresh,
    rate_limit,
    security_headers,
)
from rearguard.implement.draft import Draft
from rearguard.implement.settings import Settings

__all__ = ["CONTROLS", "Control"]


@dataclass(frozen=True, slots=True)
class Control:
    """One control."""

    name: str
    title: str
    page: str
    """The page of the playbook that explains it."""
    put: Callable[[Draft, Settings], None] | None = None
    """Wires it into the application; `None` for a control that consists of repairs."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What `--set` takes, with what it means."""
    repairs: tuple[str, ...] = ()
    """Checks whose findings it repairs first."""


CONTROLS: Mapping[str, Control] = {
    control.name: control
    for control in (
        Control(
            "jwt-refresh",
            "short-lived access tokens, refresh tokens that are used once",
            "jwt-refresh-rotation",
            jwt_refresh.put,
            {
                "authenticate": "PATH:NAME of the function that checks a password",
                "audience": "the address of this service",
            },
        ),
        Control(
            "security-headers",
            "HSTS, Content-Security-Policy, framing and others on every response",
            "security-headers-csp",
            security_headers.put,
        ),
        Control(
            "cors",
            "exact origins may read answers, no others",
            "cors",
            cors.put,
            {"origins": "exact origins, with commas", "credentials": "yes or no: whether cookies go along"},
        ),
        Control(
            "csrf",
            "requests that another site made a browser send are refused",
            "csrf-cookie-sessions",
            csrf.put,
            {"origins": "other origins whose pages may change things, with commas"},
        ),
        Control(
            "rate-limit",
            "a share of requests for every address, a small one for logins",
            "rate-limiting",
            rate_limit.put,
            {"rate": "requests in a minute", "login-rate": "logins in five minutes"},
        ),
        Control(
            "error-handling",
            "clients get a generic answer and an id, the log gets the rest",
            "error-handling",
            error_handling.put,
            repairs=("error-exposure", "debug-mode"),
        ),
        Control(
            "input-validation",
            "what requests carry is checked where it enters",
            "injection-validation",
            repairs=("missing-input-validation", "mass-assignment"),
        ),
        Control(
            "authorization",
            "who may call an endpoint, and whose objects it gives",
            "authorization-and-api-keys",
            repairs=(
                "missing-authentication",
                "missing-authorization",
                "incorrect-authorization",
                "insecure-direct-object-reference",
            ),
        ),
        Control(
            "parameterized-queries",
            "values are bound, never part of a statement",
            "database-access",
            repairs=("sql-injection", "nosql-injection"),
        ),
        Control(
            "password-hashing",
            "passwords are kept as slow, salted hashes",
            "passwords",
            repairs=("weak-password-hash", "plaintext-password", "reversible-password"),
        ),
        Control(
            "sessions",
            "cookies of sessions are out of reach, sessions are renewed and end",
            "csrf-cookie-sessions",
            repairs=(
                "insecure-cookie",
                "cookie-without-httponly",
                "cookie-samesite",
                "session-fixation",
                "session-expiration",
            ),
        ),
        Control(
            "outbound-allowlist",
            "requests go to listed hosts alone",
            "outbound-requests",
            repairs=("server-side-request-forgery",),
        ),
        Control(
            "audit-log",
            "what was changed, refused or failed stands in a trail that shows tampering",
            "audit-and-monitoring",
            audit_log.put,
        ),
        Control(
            "secrets",
            "secrets come from the environment, and the code holds none",
            "secrets-and-encryption",
            repairs=("hardcoded-secret", "hardcoded-key", "default-credentials"),
        ),
    )
}
"""By name, in the order of the guide."""
