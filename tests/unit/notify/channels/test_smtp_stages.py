"""The table of the README: what each answer of a relay, at each stage, means for a mail, tried on a real connection."""

import re
from pathlib import Path
from uuid import uuid4

import pytest

from harness.listening import listening
from harness.mail_server import PROPER, mail_server
from notify.channels.channel import Outgoing
from notify.channels.email.smtp import SmtpChannel

README = Path(__file__).parents[4] / "services/notify/README.md"

# In the words of the README. ``!``: it shows in /readyz and in metrics, because it was not said about the mail.
MEANINGS = {
    "again!": ("retry", True),
    "again": ("retry", False),
    "refused": ("refused", False),
    "unknown!": ("unknown", True),
    "sent": ("accepted", False),
    "next": ("accepted", False),
}
COLUMNS = ("what it needs", "other 2xx, 3xx", "4xx", "421", "5xx", "unreadable", "hang-up", "no answer in time")
BEFORE = ("next", *["again!"] * 7)
STAGES = {
    "connecting": ("next", "–", "–", "–", "–", "–", "again!", "again!"),
    "greeting": BEFORE,
    "EHLO": BEFORE,
    "STARTTLS": BEFORE,
    "AUTH": BEFORE,
    "MAIL FROM": BEFORE,
    "RCPT TO": ("next", "again!", "again", "again!", "by code", "again!", "again!", "again!"),
    "DATA, before 354": BEFORE,
    "content": ("sent", "unknown!", "again", "again!", "by code", "unknown!", "unknown!", "unknown!"),
}
NEEDS = {
    "greeting": b"220", "EHLO": b"250", "STARTTLS": b"220", "AUTH": b"235", "MAIL FROM": b"250", "RCPT TO": b"250",
    "DATA, before 354": b"354", "content": b"250",
}  # fmt: skip
SCRIPTED = {"MAIL FROM": "MAIL", "RCPT TO": "RCPT", "DATA, before 354": "DATA"}

# By code: what was said -> what it means (to RCPT, to the content), and why.
BY_CODE = {
    "550": ("refused", "refused", "the mailbox, or this mail"),
    "550 5.1.1": ("refused", "refused", "no such address"),
    "556 5.1.10": ("refused", "refused", "the domain takes no mail"),
    "550 5.1.7": ("again!", "again!", "the sender's address"),
    "550 5.1.8": ("again!", "again!", "the sender's domain"),
    "550 5.2.1": ("refused", "refused", "the mailbox is closed"),
    "552 5.2.2": ("refused", "refused", "the mailbox is full"),
    "553": ("refused", "refused", "the name of the mailbox"),
    "501": ("refused", "refused", "the syntax of the address"),
    "501 5.5.2": ("refused", "again!", "in RCPT nothing but the address has a syntax"),
    "555 5.5.2": ("refused", "again!", "the same"),
    "552 5.3.4": ("refused", "refused", "the mail is too big"),
    "554 5.3.0": ("again!", "again!", "the relay's system"),
    "550 5.4.1": ("again!", "again!", "the relay's routes"),
    "503 5.5.1": ("again!", "again!", "the order of our commands"),
    "554 5.6.0": ("refused", "refused", "the content"),
    "550 5.7.1": ("again!", "refused", "to RCPT: relaying, a block on us; to the content: this content"),
    "554 5.7.1": ("again!", "refused", "the same"),
    "530 5.7.0": ("again!", "again!", "we are not logged in"),
    "535 5.7.8": ("again!", "again!", "our password"),
    "550 5.7.26": ("again!", "again!", "SPF, DKIM or DMARC of the sender's domain (also 5.7.20 to 5.7.27)"),
    "550 5.7.60": (
        "again!",
        "again!",
        "the sender's rights, network, account or tenant, by the codes of Exchange (5.7.57, 5.7.64, 5.7.501 to 5.7.750"
        " but those about recipients)",
    ),
    "554 5.2.252": ("again!", "again!", "we may not send as this sender"),
    "550 5.2.0 not authorized to perform this": (
        "again!",
        "again!",
        "words about our account or address, behind any code: send as, not verified, tenant, limits, credits, lists",
    ),
    "500": ("again!", "again!", "a command of ours"),
    "554": ("again!", "refused", "to RCPT: mostly relaying denied"),
    "550 relay not permitted": (
        "again!",
        "again!",
        "words about us on any line, links left out: relay, authentication, sender, blocked, HELO, per hour",
    ),
    "550 5.0.0": ("refused", "refused", "no more than 550 says"),
    "550 4.7.1": ("again", "again", "an enhanced code of class 4 passes, whatever the three digits say"),
    "552 4.3.1": ("again!", "again!", "the same, of the relay's system"),
    "451 4.3.0": ("again!", "again!", "4.3.x: the relay's system"),
    "450 4.7.1": ("again", "again", "greylisting and the like"),
}

UNREADABLE = [
    *(b"\r\n", b"OK\r\n", b"-12 x\r\n", b"+25 x\r\n", b"2_5 x\r\n", b"25 x\r\n", b"2500 x\r\n", b" 250 x\r\n"),
    *(b"000 x\r\n", b"199 x\r\n", b"999 x\r\n", b"250OK\r\n", b"250\tOK\r\n", b"\xff\xfe\r\n", b"250 \0\r\n"),
    *(b"\xd9\xa2\xd9\xa5\xd9\xa0 x\r\n", b"250-a\r\n550 b\r\n", b"550-a\r\n250 b\r\n", b"250-a\r\nb\r\n250 c\r\n"),
    *(b"250 " + b"x" * 9_000 + b"\r\n", b"250-" + b"x" * 9_000 + b"\r\n", b"250-more\r\n" * 5_000, b"\0" * 100_000),
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
]


def proper(code):
    """Ways in which a server may write one good answer."""
    split = [bytes([byte]) for byte in code + b"-one\r\n" + code + b" two\r\n"]
    lines = b"".join(code + b"-%d\r\n" % number for number in range(200)) + code + b" end\r\n"
    return [
        code + b" OK\r\n",
        code + b"\r\n",
        code + b" \r\n",
        code + b" OK\n",
        split,
        lines,
        code + b" \xd8\xb3 \xff\r\n",
    ]


def variants(stage, column):
    needs = NEEDS[stage]
    match column:
        case "what it needs":
            return proper(needs)
        case "other 2xx, 3xx":
            fine = {needs, b"251"} if stage == "RCPT TO" else {needs}
            codes = {b"220", b"221", b"235", b"250", b"251", b"252", b"334", b"354", b"299", b"399"} - fine
            return [code + b" x\r\n" for code in sorted(codes)]
        case "4xx":
            return [b"450 x\r\n", b"451 4.7.1 x\r\n", b"452-4.2.2 a\r\n452 4.2.2 b\r\n", b"454 4.7.0 x\r\n", b"499\r\n"]
        case "421":
            return [b"421 x\r\n", b"421 4.3.2 down\r\n", b"421-a\r\n421 b\r\n", b"421 4.7.0 too many\r\n"]
        case "5xx":
            return [b"500 x\r\n", b"503 5.5.1 x\r\n", b"530 5.7.0 x\r\n", b"535 5.7.8 x\r\n", b"550 5.1.1 x\r\n"]
        case "unreadable":
            return UNREADABLE
        case "hang-up":
            return [[None], [b"25", None], [b"250-more\r\n", None], [b"550", None]]
    return [b"", b"250", b"250-more\r\n", b"550-5.1.1 more\r\n"]


def mail():
    return Outgoing(uuid4(), "sara@example.test", "hello@shop.example.test", b"Subject: x\r\n\r\nbody\r\n.\r\nend")


async def send(stage, answer):
    """The outcome of a mail to a server that answers so at this stage, and the server."""
    script = {SCRIPTED.get(stage, stage): answer}
    if stage == "EHLO":
        script["HELO"] = answer
    scheme = "smtp+starttls" if stage == "STARTTLS" else "smtp"
    if stage == "STARTTLS":
        script["EHLO"] = b"250-sink\r\n250 STARTTLS\r\n"
    login = "user:secret@" if stage == "AUTH" else ""
    async with mail_server(script, timeout=0.25, scheme=scheme, login=login) as (channel, server):
        return await channel.send(mail()), server


def meaning(outcome):
    return outcome.kind, outcome.fault is not None


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "connecting"])
async def test_each_answer_at_each_stage_means_what_the_table_says(stage, column):
    cell = STAGES[stage][COLUMNS.index(column)]
    if cell == "by code" or (stage, column) == ("STARTTLS", "what it needs"):  # the latter: test_smtp_tls
        return
    for answer in variants(stage, column):
        outcome, server = await send(stage, answer)
        assert meaning(outcome) == MEANINGS[cell], (answer, outcome)
        if cell != "sent":
            assert outcome.code is None or outcome.code.isprintable()
        assert len(server.contents) == (stage == "content" or cell == "next"), answer


@pytest.mark.parametrize("said", BY_CODE)
async def test_an_answer_to_the_recipient_or_the_content_means_what_its_code_says(said):
    for stage, cell in zip(("RCPT TO", "content"), BY_CODE[said][:2], strict=True):
        code, _, text = said.partition(" ")
        lines = f"{code}-{text} a\r\n{said} b\r\n" if text[:1].isdigit() else f"{said}\r\n"
        for answer in (f"{said}\r\n".encode(), f"{said} x\r\n".encode(), lines.encode()):
            outcome, _ = await send(stage, answer)
            assert meaning(outcome) == MEANINGS[cell], (stage, answer, outcome)
            assert outcome.code.startswith(f"smtp_{code}")


async def test_a_relay_that_cannot_be_reached_or_says_nothing_means_what_the_table_says():
    async def silent(reader, _):
        await reader.read()

    channel = SmtpChannel("smtp://127.0.0.1:9", timeout=2)
    assert meaning(await channel.send(mail())) == MEANINGS[STAGES["connecting"][6]]
    async with listening(silent) as port:
        # a server that accepts and does not begin TLS
        channel = SmtpChannel(f"smtps://127.0.0.1:{port}", timeout=0.3)
        assert meaning(await channel.send(mail())) == MEANINGS[STAGES["connecting"][7]]


EXTRAS = [b"250 x\r\n", b"550 5.1.1 no\r\n", b"354 x\r\n", b"421 x\r\n", b"x", b"250-", b"235 x\r\n"]


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("connecting", "STARTTLS")])
async def test_an_answer_that_was_not_asked_for_is_never_taken_for_the_next(stage, extra):
    key = SCRIPTED.get(stage, stage)
    outcome, server = await send(stage, PROPER.get(key, b"250 OK\r\n") + extra)

    if stage == "content":
        assert outcome.kind == "accepted"
        assert len(server.contents) == 1
    else:
        assert meaning(outcome) == ("retry", True)
        assert server.contents == []
    async with mail_server({key: [PROPER.get(key, b"250 OK\r\n"), extra]}) as (channel, again):
        await channel.send(mail())
        again.script.clear()
        assert (await channel.send(mail())).kind == "accepted"


async def test_the_content_arrives_as_it_was_given_and_cannot_end_early():
    outcome, server = await send("content", b"250 OK\r\n")

    assert outcome.kind == "accepted"
    assert server.contents == [b"Subject: x\r\n\r\nbody\r\n..\r\nend\r\n.\r\n"]


def rows():
    """The tables of the README."""
    head = ["stage \\ answer", *COLUMNS]
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for stage, cells in STAGES.items():
        yield f"| {stage} | " + " | ".join(cells) + " |"


def rows_by_code():
    yield "| answer | to RCPT TO | to the content | because it is about |"
    yield "|---|---|---|---|"
    for said, (to_rcpt, to_content, why) in BY_CODE.items():
        yield f"| `{said}` | {to_rcpt} | {to_content} | {why} |"


@pytest.mark.parametrize("table", [rows, rows_by_code])
def test_the_readme_has_this_table(table):
    expected = "\n".join(table())

    assert expected in README.read_text(), f"the README must contain:\n{expected}"


def test_every_code_of_the_table_is_written_as_servers_write_it():
    assert all(re.match(r"[45][0-9]{2}( |$)", said) for said in BY_CODE)
