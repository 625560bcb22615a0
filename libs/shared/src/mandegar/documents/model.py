"""The pydantic base class of documents, and the wording of its errors for the author of a document."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Self, TypeAlias, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from mandegar.documents.nodes import Path
from mandegar.quantities import decimal_of, lenient_decimal

# The type of an error whose message is final.
WORDED = "worded"

_NUMBERS = {"decimal_type", "decimal_parsing", "finite_number", "int_type", "int_parsing", "int_parsing_size"}
_NUMBERS |= {"greater_than_equal", "less_than_equal"}
_WHOLE_DIGITS = 18
_TEXTS = {"string_type", "string_too_short", "string_too_long", "string_pattern_mismatch"}
_LISTS = {"list_type", "too_short", "too_long"}
_LIMITS = ("ge", "le", "min_length", "max_length")
_MAPPINGS = {"model_type", "model_attributes_type", "dict_type"}


class DocumentModel(BaseModel):
    """A section of a document. Unknown keys are errors.

    Scalars arrive as text. Declare numbers as ``Number`` or ``WholeNumber``. Declare bounds with ``Field(ge=, le=)`` or
    ``Field(min_length=, max_length=)``, because the messages quote them. Declare lists as ``list``: for a tuple,
    pydantic reports a wrong length if an item is wrong.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _word_errors(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            raise located(*(_worded(cls.model_fields, details) for details in error.errors())) from error


def located(*errors: tuple[Path, str]) -> ValidationError:
    """An error for a validator to raise that has several messages, given as (path below the model, message)."""
    details = [
        InitErrorDetails(type=PydanticCustomError(WORDED, "{message}", {"message": message}), loc=path, input=None)
        for path, message in errors
    ]
    return ValidationError.from_exception_data("document", details)


def message_of(error: ErrorDetails) -> str:
    """The message of an error, worded here unless a ``DocumentModel`` has worded it."""
    if error["type"] == WORDED:
        return str(error["ctx"]["message"])
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] in _MAPPINGS:
        return "a mapping is required here"
    if error["type"] == "literal_error":
        return f"must be {error['ctx']['expected'].replace(chr(39), '')}"
    return re.sub(r"^\w+ should", "must", error["msg"])


def is_new(info: ValidationInfo) -> bool:
    """Whether a document is about to be stored. A stored one is read as leniently as the release that accepted it."""
    return bool(info.context and info.context.get("is_new"))


def _number(value: object, info: ValidationInfo) -> Decimal:
    """The number in a scalar; raises an error of the type that ``_NUMBERS`` words with the bounds of the field."""
    if isinstance(value, int | Decimal):  # a default in the code
        return Decimal(value)
    try:
        lenient = lenient_decimal(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("decimal_parsing", "Input should be a number") from None
    try:
        return decimal_of(str(value)) if is_new(info) else lenient
    except ValueError as error:
        raise PydanticCustomError("number_form", "{why}", {"why": str(error)}) from None


def _whole(value: object, info: ValidationInfo) -> int:
    number = _number(value, info)
    if number.adjusted() > _WHOLE_DIGITS or number != number.to_integral_value():
        raise PydanticCustomError("int_parsing", "Input should be a whole number")
    return int(number)


# The types of numbers in documents: pydantic's own would accept exponents of any size.
Number: TypeAlias = Annotated[Decimal, BeforeValidator(_number)]
WholeNumber: TypeAlias = Annotated[int, BeforeValidator(_whole)]


def _worded(fields: dict[str, FieldInfo], error: ErrorDetails) -> tuple[Path, str]:
    """Path and message of an error at or below a model with ``fields``."""
    path, type_ = error["loc"], error["type"]
    if type_ == "missing":
        return path[:-1], f"the key {path[-1]} is missing"
    if type_ == "extra_forbidden":
        return path, f"unknown key; allowed keys: {', '.join(field.alias or name for name, field in fields.items())}"
    if len(path) == 1 and (field := fields.get(str(path[0]))) is not None and (bounds := _bounds(field, type_)):
        return path, bounds
    return path, message_of(error)


def _bounds(field: FieldInfo, error_type: str) -> str | None:
    """A message with the bounds of a field, if the error says that its value is outside them."""
    limits = {name: getattr(one, name) for one in _metadata(field) for name in _LIMITS if hasattr(one, name)}
    if error_type in _NUMBERS and {"ge", "le"} <= limits.keys():
        kinds = (field.annotation, *(getattr(one, "__origin__", one) for one in get_args(field.annotation)))
        noun = "whole number" if int in kinds else "number"
        return f"must be a {noun} from {Decimal(limits['ge']):f} to {Decimal(limits['le']):f}"
    if "max_length" not in limits:
        return None
    length = f"{limits.get('min_length', 0)} to {limits['max_length']}"
    if error_type in _TEXTS:
        return f"must be a text of {length} characters"
    return f"must be a list of {length} items" if error_type in _LISTS else None


def _metadata(field: FieldInfo) -> Iterator[Any]:
    """What annotates a field, also where it may be absent (``None``)."""
    yield from field.metadata
    for option in get_args(field.annotation):
        for one in getattr(option, "__metadata__", ()):
            yield from one.metadata if isinstance(one, FieldInfo) else (one,)
