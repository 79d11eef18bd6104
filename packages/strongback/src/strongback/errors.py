"""Every exception strongback raises. All derive from `StrongbackError`, so one handler can fail closed."""

__all__ = [
    "AuditRefusedError",
    "ConfigurationError",
    "DeniedError",
    "LimitExceededError",
    "StoreUnavailableError",
    "StrongbackError",
]


class StrongbackError(Exception):
    """Base of every error raised by a control."""


class ConfigurationError(StrongbackError, ValueError):
    """A control was given settings that cannot be safe. Raised at construction, never per request."""


class AuditRefusedError(ConfigurationError):
    """The start-up audit found an application that must not start."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        """One sentence each: what is wrong, where, and the way out."""
        super().__init__("the application must not start:\n" + "\n".join(f"  - {r}" for r in reasons))


class StoreUnavailableError(StrongbackError):
    """The store did not answer, or answered with an error. Controls treat it as a denial."""


class DeniedError(StrongbackError):
    """A control decided against the request."""

    status = 403
    """HTTP status that represents the decision."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        """For the event log only; never sent to the client."""
        super().__init__(reason)


class LimitExceededError(StrongbackError):
    """An input was larger, deeper or slower than the control allows."""
