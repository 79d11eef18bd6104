"""Policies as decorators of views, for frameworks whose routes carry no dependencies."""

from collections.abc import Callable
from typing import Any, TypeVar

from strongback.authorization import Policy, Public, Requires
from strongback.errors import ConfigurationError
from strongback.identity import Principal

__all__ = ["Allow", "marked", "policies_of"]

_POLICIES = "strongback_policies"
View = TypeVar("View", bound=Callable[..., Any])


def policies_of(view: object) -> tuple[Policy, ...]:
    """The policies put on a view."""
    found: tuple[Policy, ...] = getattr(view, _POLICIES, ())
    return found


def marked(policy: Policy) -> Callable[[View], View]:
    """A decorator that puts a policy on a view; decorators above it keep it if they use `functools.wraps`."""

    def mark(view: View) -> View:
        setattr(view, _POLICIES, (*policies_of(view), policy))
        return view

    return mark


class Allow:
    """The vocabulary of policies; for class-based views it decorates what `as_view()` returns."""

    def public(self, reason: str) -> Callable[[View], View]:
        """Anyone; the reason goes into the report."""
        return marked(Public(reason))

    def signed_in(self) -> Callable[[View], View]:
        """Any authenticated principal."""
        return marked(Requires())

    def when(
        self,
        *permissions: str,
        within: float | None = None,
        factor: str | None = None,
        predicate: Callable[[Principal], bool] | None = None,
    ) -> Callable[[View], View]:
        """A principal with every permission; recent (`within` seconds) and with `factor` if given."""
        if not permissions and within is None and factor is None and predicate is None:
            raise ConfigurationError("allow.when() needs a condition; allow.signed_in() is for any principal")
        return marked(Requires(frozenset(permissions), within, factor, predicate))
