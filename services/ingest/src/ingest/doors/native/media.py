"""What the content type of a request says of its body."""

from collections.abc import Iterable
from enum import Enum


class Mode(Enum):
    NATIVE = "native"
    STRUCTURED = "structured"
    BATCHED = "batched"
    BINARY = "binary"


class UnsupportedType(Exception):
    """Answered with 415; the text says what would have been taken."""


def mode_of(content_type: str, header_names: Iterable[bytes]) -> Mode:
    """How to read the body: CloudEvents decide by the prefix of the content type, then by their headers."""
    media, _, parameters = content_type.lower().partition(";")
    media = media.strip()
    charset = next((p.partition("=")[2].strip(' "') for p in parameters.split(";") if "charset" in p), "utf-8")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedType("the body must be UTF-8")
    if media.startswith("application/cloudevents-batch"):
        mode = Mode.BATCHED
    elif media.startswith("application/cloudevents"):
        mode = Mode.STRUCTURED
    elif b"ce-specversion" in header_names:
        mode = Mode.BINARY
    else:
        mode = Mode.NATIVE
    if mode in (Mode.BATCHED, Mode.STRUCTURED):
        if media not in (
            "application/cloudevents",
            "application/cloudevents+json",
            "application/cloudevents-batch",
            "application/cloudevents-batch+json",
        ):
            raise UnsupportedType("CloudEvents are taken as JSON")
    elif media != "application/json" and not media.endswith("+json"):
        raise UnsupportedType("send application/json or application/cloudevents+json")
    return mode
