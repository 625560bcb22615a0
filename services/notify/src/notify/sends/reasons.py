"""Stable reason codes in words: the ``rule`` that answers of the API give beside each code."""

from notify.domain.arbiter import RULES

_OTHERS = {
    "rebuilt": "the database was rebuilt, and nothing shows whether this message had gone out",
    "worker_lost": "the process that was sending the message ended before it recorded the provider's answer",
    "smtp_unreachable": "the mail server could not be reached",
    "smtp_no_answer": "the mail server received the message and did not answer",
    "smtp_unreadable": "the mail server's answer could not be read",
    "smtp_failed": "the connection to the mail server failed in an unexpected way",
    "channel_failed": "the call of the provider failed in an unexpected way, so it may have the message or not",
    "bad_address": "the mail address is not valid",
    "bad_sender": "the mail address of the shop is not valid",
    "sms_unreachable": "the SMS provider could not be reached",
    "sms_no_answer": "the SMS provider was called and did not answer",
    "sms_never_received": "the SMS provider reports that it never received the message",
    "sms_status_unclear": "the SMS provider's answer does not say what happened to the message",
    "sms_failed": "the SMS provider could not send the message",
    "sms_undelivered": "the mobile operator could not deliver the message",
    "sms_cancelled": "the SMS provider cancelled the message",
    "sms_blocked_by_recipient": "the recipient's number is on the mobile operator's block list",
}
_PROVIDERS = {"smtp": "the mail server", "sms": "the SMS provider"}


def in_words(code: str) -> str:
    """The rule that was applied, or the provider's answer. Codes such as ``smtp_550_5.1.1`` carry the answer itself."""
    words = RULES.get(code) or _OTHERS.get(code)
    if words is not None:
        return words
    provider, _, answer = code.partition("_")
    return f"{_PROVIDERS.get(provider, provider)} answered {answer.replace('_', ' ')}"
