"""What an answer of the relay means for a mail, by the stage at which it came.

Up to the answer to DATA nothing of the mail was sent, so it is tried again. Only what is said to the recipient and to
the content can be about this mail; what is said there about us or about the relay is tried again too.
"""

import re

from notify.channels.channel import Outcome
from notify.channels.email.session import Silence, Stage
from notify.channels.email.wire import Answer

# Codes that predate the stages in reasons.
_CODES: dict[Stage, str] = {
    "connect": "smtp_unreachable",
    "starttls": "smtp_no_tls",
    "auth": "smtp_login_failed",
}
# 5xx to RCPT or to the content that are about the session or about our account, whatever the server meant to add.
_ABOUT_US = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538})
# Without an enhanced code these words tell: RFC 5321 has no code of its own for a server that does not relay.
_ABOUT_US_IN_WORDS = re.compile(
    r"(?i)relay|\bauth\b|authenticat|\bsender|blocked|black ?list|block ?list|dnsbl|\b(?:helo|ehlo)\b"
    r"|per (?:hour|day|minute)|sending limit"
)
# These tell also behind a code that is about mailboxes or the content: our account may not send, or not as this sender.
# What is said of the recipient's account or quota, or of who may write to them, is not among them.
_OUR_ACCOUNT_IN_WORDS = re.compile(
    r"(?i)\bsend ?as\b|sendasdenied|address(?:es)? (?:is|are) not verified|not authori[sz]ed to perform"
    r"|(?:from|of) (?:this|your) account|your account|\btenant has\b|sending (?:limit|quota|paused|suspended|disabled)"
    r"|user sending|domain is (?:unverified|not verified)|activate your \w+ account"
    r"|(?:hourly|daily|monthly) (?:quota|limit)|maximum credits|\bcredits? exceeded|unpaid invoice"
    r"|too many connections|slow down|internal error"
    r"|(?:client|your) (?:host|ip)\b[^\n]{0,99}\b(?:blocked|listed)"
    r"|\b(?:(?:zen|sbl|xbl|pbl)\.spamhaus|bl\.spamcop|b\.barracudacentral)\.org\b"
)
# Nothing but this, without an enhanced code: a server that means the recipient's account names it, or says 5.2.1.
_ACCOUNT_CLOSED_IN_WORDS = re.compile(r"(?i)^account (?:is |has been )?(?:suspended|disabled|blocked|inactive)\b")
# Codes of the recipient's address, and of a mailbox that is closed or full.
_OF_THE_RECIPIENT = re.compile(r"5\.(?:1\.[0-9]+|2\.[12])")
# In an answer of 5xx, where no line has a code of its class: what passes, whatever the three digits say.
_PASSING = re.compile(r"(?m)^4\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")
# 5xx to RCPT that find fault with the address itself.
_OF_AN_ADDRESS = frozenset({501, 553, 555})
# What anybody may have chosen, the recipient as well: links and addresses.
_CHOSEN = re.compile(r"(?i)\b(?:[a-z]+://|www\.)\S+|(?<!\S)[^\s@]*@\S+")
# Enhanced codes (RFC 3463, 7372) by subject: of the address and mailbox (1, 2), the content (6) and the mail's size
# (3.4) they are about this mail; of the sender's address, the system (3), the route (4), the session (5) and the policy
# (7) about us or the relay.
_ABOUT_THIS_MAIL = re.compile(r"5\.(?:[126]\.[0-9]+|3\.4)")
_SENDERS_ADDRESS = frozenset({"5.1.7", "5.1.8"})
_SEND_AS_DENIED = "5.2.252"
# A relay that has read the content and refuses it by policy judges this content ...
_CONTENT_POLICY = re.compile(r"5\.7\.[0-9]+")
# ... unless it asks for a login, or finds fault with the sender's domain; and by the codes of Exchange, with the
# sender's rights, network, account or tenant. Its codes between these are about the recipient.
_SENDERS_POLICY = frozenset(
    f"5.7.{detail}"
    for detail in (
        *(0, 8, 9, 11, *range(20, 28)),
        *(57, 60, 64, 501, 502, 503, 506, 508, 509, 511, *range(606, 650), 700, 701, 702, 705, 708, 750),
    )
)


def outcome_of(stage: Stage, answer: Answer | Silence) -> Outcome:
    """The outcome of a mail whose sending ended with this answer at this stage."""
    if stage not in ("rcpt", "content"):
        return Outcome("retry", _CODES.get(stage) or f"smtp_{stage}_{_in_code(answer)}", fault=stage)
    if isinstance(answer, Answer):
        code = f"smtp_{_in_code(answer)}"
        passing = None if answer.enhanced else _PASSING.search(answer.text)
        if answer.code >= 500 and passing is None:
            if is_about_us(stage, answer):
                return Outcome("retry", code, fault=stage)
            return Outcome("refused", code, about_anybody=not is_about_the_recipient(stage, answer))
        if answer.code >= 400:
            enhanced = passing[0] if passing else answer.enhanced or ""
            about_relay = answer.code == 421 or enhanced.startswith("4.3.")
            return Outcome("retry", code, fault=stage if about_relay else None)
        if stage == "content":
            if answer.code == 250:
                return Outcome("accepted", provider_ref=code)
            return Outcome("unknown", "smtp_unreadable", fault=stage)
    if stage == "rcpt":
        return Outcome("retry", f"smtp_rcpt_{_in_code(answer)}", fault=stage)
    return Outcome("unknown", "smtp_unreadable" if answer == "unreadable" else "smtp_no_answer", fault=stage)


def is_about_us(stage: Stage, answer: Answer) -> bool:
    """Whether a 5xx to the recipient or to the content is about us or the relay, not about this mail."""
    if answer.code in _ABOUT_US or answer.enhanced in _SENDERS_ADDRESS:
        return True
    words = _CHOSEN.sub("", answer.text)
    if answer.enhanced == _SEND_AS_DENIED:
        return True
    if answer.enhanced and _OF_THE_RECIPIENT.fullmatch(answer.enhanced):
        return False
    if _OUR_ACCOUNT_IN_WORDS.search(words):
        return True
    if answer.enhanced in (None, "5.0.0"):
        if _ACCOUNT_CLOSED_IN_WORDS.search(words):
            return True
        return bool(_ABOUT_US_IN_WORDS.search(words)) or (stage == "rcpt" and answer.code == 554)
    if _ABOUT_THIS_MAIL.fullmatch(answer.enhanced):
        return False
    if stage == "content" and _CONTENT_POLICY.fullmatch(answer.enhanced):
        return answer.enhanced in _SENDERS_POLICY
    # a server that finds fault with the syntax of RCPT finds it in the address: nothing else is in it
    return not (stage == "rcpt" and answer.code in (501, 555))


def is_about_the_recipient(stage: Stage, answer: Answer) -> bool:
    """Whether a refusal is clearly one of this recipient, or of the size of this mail. What says no more than 550, or
    names the content, may be said to every mail of a shop."""
    if answer.enhanced in (None, "5.0.0"):
        return stage == "rcpt" and answer.code in _OF_AN_ADDRESS
    return bool(_OF_THE_RECIPIENT.fullmatch(answer.enhanced)) or answer.enhanced == "5.3.4"


def _in_code(answer: Answer | Silence) -> str:
    if isinstance(answer, Answer):
        return f"{answer.code}_{answer.enhanced}" if answer.enhanced else str(answer.code)
    return answer
