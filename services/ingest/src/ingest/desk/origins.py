"""Origins of web pages, as shops and sources name those that may use their tokens and keys."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

ORIGINS_MAX = 50
_HOST = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
_ORIGIN = re.compile(rf"(https://{_HOST}|http://(localhost|127\.0\.0\.1))(:[1-9][0-9]{{0,4}})?", re.ASCII)


def _origin(text: str) -> str:
    """The origin as browsers write it; ``ValueError`` for an address of a page, a pattern or ``null``."""
    origin = text.strip().lower().removesuffix("/").removesuffix(":443" if text.lower().startswith("https:") else ":80")
    if len(origin) > 253 or not _ORIGIN.fullmatch(origin):
        raise ValueError("must be an origin such as https://shop.example, or http://localhost:3000 for development")
    return origin


def _distinct(origins: list[str]) -> list[str]:
    return sorted(set(origins))


Origins = Annotated[
    list[Annotated[str, AfterValidator(_origin)]], Field(max_length=ORIGINS_MAX), AfterValidator(_distinct)
]
