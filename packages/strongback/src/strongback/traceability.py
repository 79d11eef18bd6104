"""Which requirement of ASVS 5.0.0 is held by which control, and which test shows it."""

from dataclasses import dataclass

__all__ = ["CONTROLS", "Control"]


@dataclass(frozen=True, slots=True)
class Control:
    """One control's place in the evidence."""

    name: str
    field: str | None
    """Its field in `Profile`, or None for one that is used by itself."""
    asvs: tuple[str, ...]
    """Requirement ids without the version prefix."""
    test: str
    """The test file below `packages/strongback/tests`."""


CONTROLS = (
    Control("request limits", "limits", ("4.1.4", "4.2.1", "5.2.1", "15.2.2"), "http/test_request_limits.py"),
    Control("error boundary", "errors", ("16.3.4", "16.5.1", "16.5.3", "16.5.4"), "install/test_install.py"),
    Control(
        "security headers",
        "headers",
        ("3.4.1", "3.4.3", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "4.1.1", "13.4.6", "14.3.2"),
        "http/test_headers_and_csp.py",
    ),
    Control("CSP reports", "reports", ("3.4.7",), "http/test_headers_and_csp.py"),
    Control(
        "cookies", "cookies", ("3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.3.5"), "http/test_cookies_and_cors.py"
    ),
    Control("CORS", "cors", ("3.4.2", "3.5.2"), "http/test_cookies_and_cors.py"),
    Control("CSRF", "csrf", ("3.5.1", "3.5.3", "3.5.8", "4.4.2"), "http/test_csrf.py"),
    Control("trusted proxies", "proxies", ("4.1.3", "15.3.4"), "http/test_proxies_and_rates.py"),
    Control("rate limits", "rates", ("2.4.1",), "http/test_proxies_and_rates.py"),
    Control(
        "sessions",
        "sessions",
        ("7.2.3", "7.2.4", "7.3.1", "7.3.2", "7.4.1", "7.4.2", "7.4.3", "7.4.5", "7.5.2", "14.3.1"),
        "access/test_sessions.py",
    ),
    Control(
        "authorization",
        "authorization",
        ("8.2.1", "8.2.2", "8.2.3", "8.3.1", "8.3.2", "7.5.3"),
        "access/test_authorization.py",
    ),
    Control(
        "access tokens",
        "tokens",
        ("9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3", "9.2.4"),
        "tokens/test_jws_profile.py",
    ),
    Control("proof of possession", None, ("10.3.5",), "tokens/test_dpop.py"),
    Control("refresh tokens", None, ("10.4.5", "10.4.8", "10.4.9"), "tokens/test_access_and_refresh.py"),
    Control("API keys", None, ("13.2.1", "13.3.4"), "tokens/test_api_keys.py"),
    Control("field encryption", None, ("11.3.2", "11.3.3", "11.3.4"), "keys/test_encryption_and_secrets.py"),
    Control("classes of data", None, ("14.2.4", "15.3.1"), "keys/test_classified.py"),
    Control("key rings", None, ("11.2.2", "11.5.1", "13.3.4"), "keys/test_encryption_and_secrets.py"),
    Control("secret sources", None, ("13.3.1",), "keys/test_encryption_and_secrets.py"),
    Control("TOTP and recovery codes", None, ("6.5.1", "6.5.2", "6.5.5", "6.6.3"), "mfa/test_mfa.py"),
    Control("passkeys", None, ("6.3.3", "6.5.1", "6.6.2", "6.7.2"), "mfa/test_passkeys.py"),
    Control(
        "login at a provider",
        None,
        ("10.1.2", "10.2.1", "10.2.2", "10.5.1", "10.5.2", "10.5.3", "10.5.4"),
        "oauth/test_oauth.py",
    ),
    Control(
        "database connections", None, ("8.4.1", "12.3.2", "13.2.2", "13.3.4"), "database/test_database.py"
    ),
    Control("statements", None, ("1.2.4", "2.2.1"), "database/test_statements.py"),
    Control("backups", None, ("11.3.2", "11.3.3", "11.3.4", "16.3.4"), "backups/test_backups.py"),
    Control("changes of rows", None, ("16.2.1",), "database/test_changes.py"),
    Control("encrypted configuration", None, ("11.3.2", "13.3.1", "13.3.4"), "keys/test_config_files.py"),
    Control("Vault", None, ("13.3.1", "13.3.4"), "keys/test_vault.py"),
    Control("push challenges", None, ("6.5.4", "6.6.2", "6.6.4"), "mfa/test_mfa.py"),
    Control(
        "passwords",
        None,
        ("6.2.1", "6.2.4", "6.2.5", "6.2.8", "6.2.9", "6.2.11", "11.4.2"),
        "access/test_passwords_and_login.py",
    ),
    Control("password login", None, ("6.3.1", "6.3.8"), "access/test_passwords_and_login.py"),
    Control(
        "outbound guard", None, ("1.3.6", "1.5.3", "13.2.4", "13.2.5", "15.3.2"), "outbound/test_outbound.py"
    ),
    Control("audit ledger", None, ("16.4.2", "16.4.3"), "audit/test_audit_ledger.py"),
    Control("retention of the trail", None, ("14.2.4", "16.4.2"), "audit/test_retention.py"),
    Control("events", None, ("16.2.1", "16.2.2", "16.2.5", "16.4.1"), "events/test_redaction.py"),
    Control("events of authentication", None, ("16.3.1",), "access/test_passwords_and_login.py"),
    Control("events of denials", None, ("16.3.2",), "access/test_authorization.py"),
    Control("events of what goes around controls", None, ("16.3.3",), "http/test_csrf.py"),
    Control("exporters", None, ("16.2.4", "16.4.3"), "events/test_exporters.py"),
    Control(
        "files and archives",
        None,
        ("5.2.2", "5.2.3", "5.2.5", "5.2.6", "5.3.2", "5.3.3", "5.4.1", "5.4.2"),
        "inputs/test_inputs.py",
    ),
    Control("processes", None, ("1.2.5",), "inputs/test_inputs.py"),
    Control("XML", None, ("1.5.1",), "inputs/test_inputs.py"),
    Control("pages and HTML", None, ("1.2.1", "1.2.2", "1.2.3", "1.3.1", "1.3.7"), "inputs/test_inputs.py"),
    Control(
        "text builders",
        None,
        ("1.2.4", "1.2.6", "1.2.7", "1.2.10", "1.3.11", "3.7.2"),
        "inputs/test_inputs.py",
    ),
    Control("secret services of clouds", None, ("13.3.1", "13.3.4"), "keys/test_cloud_secrets.py"),
    Control("stores", None, ("15.4.2",), "stores/test_store_contract.py"),
    Control("start-up audit", None, ("12.3.1", "13.4.2"), "install/test_install.py"),
    Control("strict models", None, ("2.2.1", "15.3.3"), "install/test_install.py"),
)
"""Every control, in the order of the guide."""
