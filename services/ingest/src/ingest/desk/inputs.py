"""What the bodies of several commands have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def one_line(text: str) -> str:
    """The text, if every character is printable; ``ValueError`` otherwise."""
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]


class Input(BaseModel):
    """The body of a command. An unknown field is refused, because it is most likely a misspelt one."""

    model_config = ConfigDict(extra="forbid")
