"""Stable reason codes in words: the ``rule`` that answers of the API give beside each code."""

from notify.domain.arbiter import RULES

_OTHERS = {
    "rebuilt": "the database was rebuilt, and nothing shows whether this message had gone out",
    "worker_lost": "the process that was sending the message ended before it recorded the provider's answer",
    "smtp_unreachable": "the mail server could not be reached",
    "smtp_no_answer": "the mail server received the message and did not answer",
    "smtp_no_tls": "the mail server does not begin TLS, or its certificate is not accepted",
    "smtp_login_failed": "the mail server refuses the login, or offers none",
    "smtp_unreadable": "the mail server's answer could not be read",
    "smtp_failed": "the connection to the mail server failed in an unexpected way",
    "channel_failed": "the call of the provider failed in an unexpected way, so it may have the message or not",
    "bad_address": "the mail address is not valid",
    "bad_sender": "the mail address of the shop is not valid",
    "sms_401": "the account with the SMS provider is disabled (401)",
    "sms_403": "the SMS provider does not accept our key (403)",
    "sms_411": "the SMS provider does not accept the recipient's number (411)",
    "sms_412": "the SMS provider does not accept the sender (412)",
    "sms_416": "the SMS provider does not accept our IP address (416)",
    "sms_418": "the credit with the SMS provider is used up (418)",
    "sms_420": "the account with the SMS provider may not send links (420)",
    "sms_501": "the account with the SMS provider may only send tests to its owner (501)",
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
_STAGES = {
    "greeting": "with its greeting",
    "ehlo": "to EHLO",
    "mail": "to MAIL FROM",
    "rcpt": "to RCPT TO",
    "data": "to DATA",
}
_SILENCES = {"hung_up": "hung up", "no_answer": "did not answer in time", "unreadable": "sent something unreadable"}


def in_words(code: str) -> str:
    """The rule that was applied, or the provider's answer. Codes such as ``smtp_550_5.1.1`` carry the answer itself."""
    words = RULES.get(code) or _OTHERS.get(code)
    if words is not None:
        return words
    provider, _, answer = code.partition("_")
    stage, _, at_stage = answer.partition("_")
    if stage in _STAGES:
        answer, where = at_stage, f" {_STAGES[stage]}"
    else:
        where = ""
    said = _SILENCES.get(answer) or f"answered {answer.replace('_', ' ')}"
    return f"{_PROVIDERS.get(provider, provider)} {said}{where}"
