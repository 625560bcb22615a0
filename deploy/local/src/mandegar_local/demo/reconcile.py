"""Compares the counts of all services with each other; a difference makes the demo exit with code 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


def of_the_stream(accepted: Counts, said: Mapping[str, Answer]) -> list[Finding]:
    """Each service applied exactly the accepted events of the types that it reads, and has no dead letters."""
    findings = []
    for service in APPLIES:
        applied = applied_by(said, service)
        findings += [
            equal(f"{service} applied {type_}", wanted, applied.get(type_, 0))
            for type_, wanted in expected_of(service, accepted).items()
            if wanted or applied.get(type_, 0)
        ]
    posted = applied_by(said, "notify").get("points.posted", 0)
    card = said["churn"]["groups"].get("churn.card", {}).get("applied", {})
    findings.append(equal("points.posted applied by notify = by the customer card", posted, _of(card)))
    findings.append(equal("dead letters", 0, sum(int(answer["dead_letters"]) for answer in said.values())))
    return findings


def of_the_points(points: Points) -> list[Finding]:
    """Every balance is the sum of its ledger."""
    agree = len(points.balances) - len(points.wrong)
    return [equal("balances that are the sum of their ledger", len(points.balances), agree)]


def of_the_bands(bands: Mapping[str, int], customers: int) -> list[Finding]:
    """Every customer is in one band."""
    return [equal("customers in a band", customers, sum(bands.values()))]


def of_the_sinks(counts: Sequence[Answer], mails: int | None, sms: int) -> list[Finding]:
    """All messages that notify sent have arrived; messages that are `unknown` or `sending` may have arrived too."""
    findings = []
    for channel, arrived, where in (("email", mails, "the mailbox"), ("sms", sms, "the SMS outbox")):
        if arrived is None:
            continue
        states = dict.fromkeys(_MAY_HAVE_ARRIVED, 0)
        for count in counts:
            if count["channel"] == channel and count["state"] in states:
                states[count["state"]] += count["messages"]
        most = sum(states.values())
        expected = f"{states['sent']:,}" if most == states["sent"] else f"{states['sent']:,} to {most:,}"
        holds = states["sent"] <= arrived <= most
        findings.append(Finding(f"{channel} sent = in {where}", expected, f"{arrived:,}", holds))
    return findings


def _of(card: Counts) -> int:
    return card.get("points.posted", 0)
