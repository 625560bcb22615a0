"""What the bodies of several commands have in common."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mandegar.events.written import is_written, trimmed


def one_line(text: str) -> str:
    """The text, trimmed; ``ValueError`` if it has a control character or nothing else."""
    line = trimmed(text)
    if not line:
        raise ValueError("must have a visible character")
    if not is_written(line):
        raise ValueError("control characters and line breaks are not allowed")
    return line


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("must be an IANA time zone, such as Asia/Tehran")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


class Input(BaseModel):
    """The body of a command. An unknown field is refused, because it is most likely a misspelt one."""

    model_config = ConfigDict(extra="forbid")
