"""Strict request models: unknown fields refused, no coercion, bounded text, nothing echoed in errors.

ASVS v5.0.0-2.2.1, 15.3.3 (mass assignment), 15.3.5. Needs the extra `strongback[fastapi]`.
"""

from typing import Annotated
from uuid import UUID

try:
    from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
except ImportError as error:  # pragma: no cover
    raise ImportError("strongback.models needs the extra: pip install 'strongback[fastapi]'") from error

__all__ = ["Identifier", "Line", "Moment", "Slug", "StrictModel"]

Identifier = Annotated[UUID, Field(strict=False)]
"""A UUID written as text."""
Moment = Annotated[AwareDatetime, Field(strict=False)]
"""A date and time with an offset, written in ISO 8601."""
Line = Annotated[
    str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]*$")
]
"""One line of text: no control characters, at most 200 characters."""
Slug = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$")]
"""A name for URLs: lower-case letters, digits and inner hyphens."""


class StrictModel(BaseModel):
    """Base for request bodies.

    `"1"` is no integer, 1 is no text, and a field that is not declared is an error.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        str_max_length=10_000,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        validate_default=True,
        frozen=True,
    )
