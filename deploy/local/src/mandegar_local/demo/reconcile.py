"""Whether every count agrees with every other: the demo's verdict, and the reason of its exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mandegar_local.demo.asking import Answer
from mandegar_local.demo.door import STATUSES, Answers
from mandegar_local.demo.live import Moment
from mandegar_local.demo.points import Points
from mandegar_local.demo.settling import APPLIES, Counts, applied_by, expected_of

_MAY_HAVE_ARRIVED = ("sent", "unknown", "sending")


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison: what should be, and what the services say."""

    what: str
    expected: str
    found: str
    holds: bool


def equal(what: str, expected: int, found: int) -> Finding:
    """A finding that holds when both numbers are the same."""
    return Finding(what, f"{expected:,}", f"{found:,}", expected == found)


def of_the_door(source: str, answers: Answers) -> list[Finding]:
    """Every event that was posted has exactly one answer."""
    answered = sum(answers.statuses[status] for status in STATUSES)
    return [equal(f"{source}: posted = accepted + duplicate + quarantined + rejected", answers.posted, answered)]


def of_live(moments: Sequence[Moment]) -> list[Finding]:
    """Each live event got the answer it should; what was accepted in an earlier run is a duplicate in this one."""
    findings = []
    for moment in moments:
        status = moment.result["status"]
        holds = status == moment.expected or (moment.expected == "accepted" and status == "duplicate")
        findings.append(Finding(f"live: {moment.what}", moment.expected, status, holds))
    return findings


def of_the_stream(accepted: Counts, said: Mapping[str, Answer]) -> list[Finding]:
    """Each service applied exactly what was accepted of its types, and set nothing aside."""
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
    findings.append(equal("postings of points that notify and the customer cards heard of", posted, _of(card)))
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
    """What notify says it sent is what arrived; only of messages that it calls unknown may more have arrived."""
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
