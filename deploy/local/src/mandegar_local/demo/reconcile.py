"""Compares the counts of all services with each other; a difference makes the demo exit with code 1."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mandegar_local.demo.club import FRIEND_POINTS, REFERRER_POINTS, Club
from mandegar_local.demo.door import STATUSES, Answers
from mandegar_local.demo.live_events import LiveEvent
from mandegar_local.demo.points import Points
from mandegar_local.demo.service_client import Answer
from mandegar_local.demo.waiting import APPLIES, Counts, applied_by, expected_of

_MAY_HAVE_ARRIVED = ("sent", "unknown", "sending")


@dataclass(frozen=True, slots=True)
class Finding:
    """A comparison of an expected value with the value that the services answered."""

    what: str
    expected: str
    found: str
    holds: bool


def equal(what: str, expected: int, found: int) -> Finding:
    """A finding that holds if both numbers are equal."""
    return Finding(what, f"{expected:,}", f"{found:,}", expected == found)


def of_the_door(source: str, answers: Answers) -> list[Finding]:
    """Every posted event has exactly one result."""
    answered = sum(answers.statuses[status] for status in STATUSES)
    return [equal(f"{source}: posted = accepted + duplicate + quarantined + rejected", answers.posted, answered)]


def of_live(moments: Sequence[LiveEvent]) -> list[Finding]:
    """Each live event has the expected status, or `duplicate` if an earlier run posted it."""
    findings = []
    for moment in moments:
        status = moment.result["status"]
        holds = status == moment.expected or (moment.expected == "accepted" and status == "duplicate")
        findings.append(Finding(f"live: {moment.what}", moment.expected, status, holds))
    return findings


def of_the_stream(accepted: Counts, said: Mapping[str, Answer], *, letters_before: int = 0) -> list[Finding]:
    """Each service applied the accepted events of the types that it reads, and none became a dead letter.

    Services count the events of all sources and shops. What others have posted is what every service has applied
    beyond the demo's, so an event that one service has lost or doubled still makes a difference.
    """
    findings = []
    for service in APPLIES:
        applied = applied_by(said, service)
        for type_, wanted in expected_of(service, accepted).items():
            readers = [applied_by(said, reader).get(type_, 0) for reader in APPLIES if type_ in APPLIES[reader]]
            others = max(0, min(readers) - wanted)
            what = f"{service} applied {type_}" + (f", {others:,} of them from others" if others else "")
            if wanted or applied.get(type_, 0):
                findings.append(equal(what, wanted + others, applied.get(type_, 0)))
    posted = applied_by(said, "notify").get("points.posted", 0)
    card = said["churn"]["groups"].get("churn.card", {}).get("applied", {})
    findings.append(equal("points.posted applied by notify = by the customer card", posted, _of(card)))
    findings.append(equal("dead letters", letters_before, dead_letters(said)))
    return findings


def dead_letters(said: Mapping[str, Answer]) -> int:
    """The number of open dead letters of all services."""
    return sum(int(answer["dead_letters"]) for answer in said.values())


def of_the_points(points: Points) -> list[Finding]:
    """Every balance is the sum of its ledger."""
    agree = len(points.balances) - len(points.wrong)
    return [equal("balances that are the sum of their ledger", len(points.balances), agree)]


def of_the_club(club: Club) -> list[Finding]:
    """Either side of the referral, and the challenge, have their points."""
    expected = (
        ("points of who referred a friend", REFERRER_POINTS, club.referrer["points"]),
        ("points of the friend for the referral", FRIEND_POINTS, club.friend["points"]),
        ("completions of the friend's challenge", 1, len(club.challenge["completed"])),
    )
    return [equal(*each) for each in expected]


def of_the_bands(listed: Collection[str], customer_ids: Collection[str]) -> list[Finding]:
    """Every customer of the demo is in a band; `listed` are all customers of the shop who are in one."""
    return [equal("customers in a band", len(customer_ids), len(set(customer_ids) & set(listed)))]


def of_the_sinks(
    counts: Sequence[Answer], mails: int | None, sms: int, *, of_others: Counts = MappingProxyType({})
) -> list[Finding]:
    """All messages that notify sent have arrived; messages that are `unknown` or `sending` may have arrived too.

    `of_others` is the number of messages of other shops, by channel.
    """
    findings = []
    for channel, arrived, where in (("email", mails, "the mailbox"), ("sms", sms, "the SMS outbox")):
        if arrived is None:
            continue
        arrived -= of_others.get(channel, 0)
        states = by_state(counts, channel)
        most = sum(states.values())
        expected = f"{states['sent']:,}" if most == states["sent"] else f"{states['sent']:,} to {most:,}"
        holds = states["sent"] <= arrived <= most
        findings.append(Finding(f"{channel} sent = in {where}", expected, f"{arrived:,}", holds))
    return findings


def by_state(counts: Sequence[Answer], channel: str) -> dict[str, int]:
    """The number of messages of a channel that may have arrived, by state."""
    states = dict.fromkeys(_MAY_HAVE_ARRIVED, 0)
    for count in counts:
        if count["channel"] == channel and count["state"] in states:
            states[count["state"]] += count["messages"]
    return states


def _of(card: Counts) -> int:
    return card.get("points.posted", 0)
