"""What requests carry."""

from typing import Annotated, Literal, TypeVar

from flask import abort, request
from pydantic import BaseModel, Field, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class FileChange(BaseModel):
    title: str = Field(min_length=1, max_length=120)


class FetchIn(BaseModel):
    url: str = Field(pattern=r"^https?://", max_length=500)


class ShareIn(BaseModel):
    file_id: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
    message: str = Field(default="", max_length=500)
    days: Annotated[int, Field(strict=True, ge=1, le=90)] = 7


class Preferences(BaseModel):
    theme: Literal["light", "dark"] = "light"
    page_size: int = Field(default=50, ge=1, le=200)


def read_json(model: type[Model]) -> Model:
    """The request's JSON body as `model`; leaves with 422 if it does not fit."""
    try:
        return model.model_validate(request.get_json())
    except ValidationError:
        abort(422)
