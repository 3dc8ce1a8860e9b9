"""What every part of a scenario and a world is made of: a model that knows which keys it has. Imports pydantic."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError


class ScenarioPart(BaseModel):
    """Takes no key that it does not have, and says which keys there are."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_keys(cls, content: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(content)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                error.title, [cls._fault(one) for one in error.errors()]
            ) from None

    @classmethod
    def _fault(cls, one: Any) -> InitErrorDetails:
        text = one["msg"].removeprefix("Value error, ")
        if one["type"] == "extra_forbidden" and len(one["loc"]) == 1:
            known = [field.alias or name for name, field in cls.model_fields.items()]
            text = f"unknown key{did_you_mean(one['loc'][0], known)}; here may stand {', '.join(known)}"
        fault = PydanticCustomError(one["type"], "{text}", {"text": text})
        return InitErrorDetails(type=fault, loc=one["loc"], input=one["input"])


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """What was probably meant, as the end of a sentence; nothing where nothing is near."""
    near = get_close_matches(str(word), list(known), 1)
    return f", did you mean {near[0]}?" if near else ""
