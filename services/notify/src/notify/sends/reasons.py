"""Stable reason codes in words, for people who ask why a message did not go out."""

from notify.domain.arbiter import RULES

_OTHERS = {
    "rebuilt": "the database was lost before it was noted whether this went out",
    "worker_lost": "the process that was sending it ended before it could note the answer",
    "smtp_unreachable": "the mail server could not be reached",
    "smtp_no_answer": "the mail server took the content and did not answer",
    "bad_address": "the address cannot be written in an envelope",
    "sms_unreachable": "the SMS provider could not be reached",
    "sms_no_answer": "the SMS provider was called and did not answer",
    "sms_never_received": "the SMS provider never had it, as they say",
    "sms_status_unclear": "the SMS provider's answer says nothing certain",
    "sms_failed": "the SMS provider could not send it",
    "sms_undelivered": "the operator could not deliver it",
    "sms_cancelled": "the SMS provider cancelled it",
    "sms_blocked_by_recipient": "the number is on the operator's block list",
}


def in_words(code: str | None) -> str | None:
    """The rule or answer behind a code."""
    if code is None:
        return None
    known = RULES.get(code) or _OTHERS.get(code)
    if known is not None:
        return known
    provider, _, answer = code.partition("_")
    names = {"smtp": "the mail server", "sms": "the SMS provider"}
    return f"{names.get(provider, provider)} answered {answer.replace('_', ' ')}"
