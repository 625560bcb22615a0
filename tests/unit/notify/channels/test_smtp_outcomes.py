"""What answers as providers write them mean for a mail: only what is about the recipient or the content refuses it."""

import pytest

from notify.channels.email.outcomes import outcome_of
from notify.channels.email.wire import parse, whole

# Said to the recipient or to the content, of our account, our rights, our network or the relay.
ABOUT_US = [
    ("content", "554 Message rejected: Email address is not verified. The following identities failed the check"),
    ("content", "554 Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail'"),
    ("content", "554 Message rejected: Sending paused for this account. For more information, please check the inbox"),
    ("content", "554 5.2.252 SendAsDenied; hello@shop.example not allowed to send as other@shop.example"),
    ("content", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"),
    ("content", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
    ("content", "550 5.7.705 Access denied, tenant has exceeded threshold"),
    ("content", "550 5.7.501 Access denied, spam abuse detected from this account"),
    ("content", "550 5.4.5 Daily user sending limit exceeded"),
    ("content", "550 Daily user sending limit exceeded"),
    ("rcpt", "550 SMTP AUTH is required for this server"),
    ("rcpt", "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"),
    ("rcpt", "550 Domain shop.example has exceeded the max emails per hour (100/100) allowed"),
    (
        "rcpt",
        "550-shop.example [192.0.2.1] is currently not permitted to relay through\n"
        "550-this server. Perhaps you have not logged into the pop/imap server or do not have\n"
        "550-SMTP Authentication turned on in your email\n550 client.",
    ),
    ("rcpt", "550-Rejected because 192.0.2.1 is in a black list at zen.spamhaus.org\n550 https://www.spamhaus.org/q"),
    ("rcpt", "550-5.7.1 Client host blocked\n550 see https://relay.example/why"),
    (
        "content",
        "550 Domain shop.example is not allowed to send: The domain is unverified and requires DNS",
    ),
    *[(stage, "550 Please activate your Mailgun account. Check your inbox") for stage in ("rcpt", "content")],
    ("content", "550 You have exceeded your hourly limit of messages"),
    ("content", "550 Monthly quota exceeded"),
    ("content", "550 Maximum credits exceeded"),
    *[("content", f"550 Account {closed}") for closed in ("disabled", "suspended", "has been suspended")],
    ("rcpt", "550 Account suspended"),
    ("content", "554 Transaction failed: internal error"),
    ("content", "554 Too many connections, slow down"),
    ("content", "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org"),
    ("content", "554 5.7.1 Service suspended for unpaid invoice"),
    ("content", "552 4.3.1 Insufficient system storage"),
]
# Said of the recipient: whose mailbox, account or quota it is, who may write to them; or of this content.
ABOUT_THIS_MAIL = [
    ("rcpt", "550-5.1.1 The email account that you tried to reach does not exist.\n550 https://relay.example/help"),
    ("rcpt", "550-5.1.1 no such user\n550 https://support.example/blocked?sender=1"),
    ("rcpt", "550 No such user here"),
    ("rcpt", "550 5.1.1 <sendas@example.com>: Recipient address rejected: User unknown"),
    *[("rcpt", f"550 <{name}@example.com> no such user") for name in ("helo", "auth", "relay", "blocked", "sendas")],
    ("rcpt", "552 5.2.2 Quota of this account is exceeded"),
    ("rcpt", "550 5.2.1 Mail from your account is not accepted by this recipient"),
    ("rcpt", "552-5.2.2 The email account that you tried to reach is over quota.\n552 5.2.2 Empty it, please"),
    ("rcpt", "550 5.2.1 The email account that you tried to reach is disabled"),
    ("rcpt", "552 Requested mail action aborted: exceeded storage allocation"),
    ("content", "552 5.2.2 Mailbox full: quota exceeded"),
    ("content", "550 5.7.1 You are not authorized to send to this recipient"),
    ("content", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"),
    ("content", "550 5.7.505 Access denied, banned recipient"),
    ("content", "554 5.7.1 Message rejected as spam by content filtering"),
    ("content", "550 5.6.0 Header syntax"),
    ("content", "554 5.7.1 Message contains a host listed in dbl.spamhaus.org"),
    ("rcpt", "550 5.2.1 Account disabled"),
    ("rcpt", "550 the account suspended@shop.example is unknown"),
]


def outcome(stage, text):
    found = parse(text.replace("\n", "\r\n").encode() + b"\r\n")
    assert found is not None
    return outcome_of(stage, whole(found[0]))


@pytest.mark.parametrize(("stage", "text"), ABOUT_US)
def test_what_is_said_of_us_costs_no_mail_and_shows(stage, text):
    found = outcome(stage, text)
    assert (found.kind, found.fault) == ("retry", stage)


@pytest.mark.parametrize(("stage", "text"), ABOUT_THIS_MAIL)
def test_what_is_said_of_the_recipient_or_the_content_refuses_the_mail(stage, text):
    found = outcome(stage, text)
    assert (found.kind, found.fault) == ("refused", None)
