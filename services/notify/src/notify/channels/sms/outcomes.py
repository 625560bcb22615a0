"""What an answer of Kavenegar means for an SMS: by ``return.status``, and by the status of its entry."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from notify.channels.answers import reference, retry_after
from notify.channels.channel import Outcome

_ACCEPTED = frozenset({1, 2, 4, 5, 10})
_REFUSED = {6: "failed", 11: "undelivered", 13: "cancelled", 14: "blocked_by_recipient"}
NEVER_RECEIVED = 100
# The recipient's number, an empty or too long text, characters that cannot be sent.
_ABOUT_THIS_MESSAGE = frozenset({411, 413, 422})
# The form of our request (400, 404-406, 414, 415, 417, 419, 604, 607), our account (401, 418, 501), our key (403), our
# rights (407, 420, 424, 426-428, 431, 432), sender (412), IP (416) and rate (429, 451), or the gateway's load (409):
# the message was not taken over, and may be once that is over.
_ABOUT_US = frozenset(
    {400, 401, 403, 404, 405, 406, 407, 409, 412, 414, 415, 416, 417, 418, 419, 420, 424, 426, 427, 428, 429, 431, 432}
    | {451, 501, 604, 607}
)
# Statuses of HTTP with which a server, or a proxy before the gateway, refuses a request that it has not carried out.
_NOT_CARRIED_OUT = frozenset(
    {400, 401, 403, 404, 405, 406, 407, 409, 411, 412, 413, 414, 415, 416, 417, 418, 422, 424, 426, 428, 429, 430, 431}
    | {432, 451}
)


class Answer(NamedTuple):
    """What the provider answered over HTTP. ``body`` is None if it is compressed or too long."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class _Content(NamedTuple):
    """What can be read of an answer: ``return.status``, and the entry of the message."""

    status: int | None = None
    entry: dict[str, Any] | None = None


def outcome_of_send(answer: Answer, local_id: int) -> Outcome:
    """The outcome of a send; ``unknown`` unless the answer says clearly that the message was taken over, or was not."""
    content = _read(answer)
    status = answer.status if content.status is None else content.status
    if content.entry is not None:
        if answer.status == 200 and content.status in (None, 200):
            return _by_entry(content.entry, local_id) or Outcome(
                "unknown", "sms_status_unclear", reference(content.entry.get("messageid"))
            )
        return Outcome("unknown", "sms_status_unclear")
    code = f"sms_{status}"
    # Kavenegar gives the same number twice, or 200 over HTTP. Of two that contradict each other neither is believed.
    if content.status is not None and answer.status in (200, content.status):
        if status in _ABOUT_THIS_MESSAGE:
            return Outcome("refused", code)
        if status in _ABOUT_US:
            return Outcome("retry", code, retry_after=retry_after(answer.headers), fault="send")
    elif content.status is None and status in _NOT_CARRIED_OUT:
        return Outcome("retry", code, retry_after=retry_after(answer.headers), fault="send")
    return Outcome("unknown", code, fault="send")


def outcome_of_lookup(answer: Answer, local_id: int) -> Outcome | None:
    """What became of a send: ``retry`` if the gateway never had it, None if the answer does not say."""
    content = _read(answer)
    if content.entry is None or answer.status != 200 or content.status not in (None, 200):
        return None
    if _integer(content.entry.get("status")) == NEVER_RECEIVED and _is_ours(content.entry, local_id):
        return Outcome("retry", "sms_never_received")
    return _by_entry(content.entry, local_id)


def _read(answer: Answer) -> _Content:
    try:
        content = json.loads(answer.body or b"")
    except (ValueError, RecursionError):
        return _Content()
    if not isinstance(content, dict):
        return _Content()
    said, entries = content.get("return"), content.get("entries")
    status = _integer(said.get("status")) if isinstance(said, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else entries
    return _Content(status, first if isinstance(first, dict) else None)


def _by_entry(entry: dict[str, Any], local_id: int) -> Outcome | None:
    status, ref = _integer(entry.get("status")), reference(entry.get("messageid"))
    if not _is_ours(entry, local_id):
        return None
    if status in _ACCEPTED:
        return Outcome("accepted", provider_ref=ref)
    if status in _REFUSED:
        return Outcome("refused", f"sms_{_REFUSED[status]}", ref)
    return None


def _is_ours(entry: dict[str, Any], local_id: int) -> bool:
    """Whether an entry is that of our message; the gateway need not repeat the number that it was given."""
    return entry.get("localid") in (None, "", local_id, str(local_id))


def _integer(value: object) -> int | None:
    return value if type(value) is int else None
