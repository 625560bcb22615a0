"""The facts of referrals, kept beside those of orders under ids that no order has.

Of a friend: the codes by which they came (``CLAIMED``), what was found when each was looked at (``JUDGED``), what
people decided (``DECIDED``), and what the referrer was told (``TOLD``). Of a referrer: their own codes (``ISSUED``),
and what the friend's account says of each referral that they made (``REPORTED``). So an account is computed from its
own facts alone, and two ids of one person unite theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from loyalty.domain.ids import NAME
from loyalty.domain.orders import CLAIMED, DECIDED, ISSUED, JUDGED, REPORTED, TOLD, Fact
from mandegar.events import derived_id
from mandegar.quantities import whole_of

_KEY = "ref\x1f"
FRIEND = _KEY + "friend"
_OF = _KEY + "of\x1f"
_CODE = _KEY + "code\x1f"
# Codes by which one customer comes, at most: the others are left out.
CLAIMS_MAX = 20

# The verdicts on a claim.
OPEN = 0
REVIEW = 1
REFUSED = 2

# An instant, and whether the referral earns points from then on.
Turn: TypeAlias = tuple[int, bool]


class Claim(NamedTuple):
    """One code by which a friend came, at the earliest; ``order_id`` is the order that named it, if one did."""

    referral_id: str
    code_id: str
    at: int
    order_id: str
    verdict: int
    reasons: tuple[str, ...]


class Report(NamedTuple):
    """What a friend's account says of a referral; ``codes`` are the friend's own."""

    referral_id: str
    code_id: str
    number: int
    claimed_at: int
    state: str
    reasons: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    due_at: int | None = None
    codes: tuple[str, ...] = ()


def key_of_report(referral_id: str) -> str:
    """Under which a referrer's account keeps what is reported of a referral."""
    return _OF + referral_id


def key_of_code(code_id: str) -> str:
    """Under which an account keeps that a code is its own."""
    return _CODE + code_id


def referral_of(order_id: str) -> str | None:
    """``friend`` for the points of somebody who was referred, the referral for those of a referrer; None for others."""
    if not order_id.startswith(_KEY):
        return None
    return "friend" if order_id == FRIEND else order_id.rpartition("\x1f")[2]


def key_of_referral(referral: str) -> str:
    """Under which the facts are kept to which ``referral_of`` leads."""
    return FRIEND if referral == "friend" else key_of_report(referral)


def claimed_fact(at: int, event_id: str, code_id: str, order_id: str = "") -> Fact:
    """That a customer came by a code, said by an event, of an order perhaps."""
    # Marked, because facts with the status of a payment are payments.
    return Fact(at, event_id, CLAIMED, 0, 0, code_id, 0, f"#{order_id}")


def judged_fact(at: int, event_id: str, code_id: str, referral_id: str, verdict: int, reasons: Sequence[str]) -> Fact:
    """What was found when a claim was looked at."""
    return Fact(at, event_id, JUDGED, verdict, 0, code_id, 0, " ".join([referral_id, *reasons]))


def decided_fact(at: int, event_id: str, referral_id: str, place: int, *, approved: bool) -> Fact:
    """What a person decided about a referral."""
    return Fact(at, event_id, DECIDED, 1 if approved else 0, 0, referral_id, place)


def told_fact(at: int, event_id: str, referral_id: str, number: int, digest: str) -> Fact:
    """What the referrer was told of a referral."""
    return Fact(at, event_id, TOLD, 0, number, referral_id, 0, digest)


def issued_fact(at: int, event_id: str, code_id: str) -> Fact:
    """That a code is the customer's own."""
    return Fact(at, event_id, ISSUED, 0, 0, code_id)


def reported_fact(event_id: str, report: Report) -> Fact:
    """What the account of a friend reports to that of the referrer. It counts at any instant: its turns have theirs."""
    told = [
        report.referral_id,
        report.state,
        ",".join(report.reasons),
        ",".join(f"{'+' if earns else '-'}{at}" for at, earns in report.turns),
        "" if report.due_at is None else str(report.due_at),
        ",".join(report.codes),
    ]
    return Fact(report.claimed_at, event_id, REPORTED, 0, report.number, report.code_id, 0, " ".join(told))


def report_of(facts: Iterable[Fact]) -> Report | None:
    """The report of the highest number among some facts."""
    newest = max([fact for fact in facts if fact.kind == REPORTED], key=lambda fact: fact.version, default=None)
    if newest is None:
        return None
    referral_id, state, reasons, turns, due_at, codes = newest.status.split(" ")
    return Report(
        referral_id,
        newest.refund_id,
        newest.version,
        newest.at,
        state,
        _parts(reasons),
        tuple([(whole_of(turn[1:]), turn[0] == "+") for turn in _parts(turns)]),
        whole_of(due_at) if due_at else None,
        _parts(codes),
    )


def turn_cause(referral_id: str, at: int) -> str:
    """What causes entries: that a referral began or ceased to earn points at an instant."""
    return str(derived_id(NAME, f"{referral_id}|{at}", "referral turn"))


def referral_in(fact: Fact) -> str | None:
    """The referral that a ``JUDGED`` or ``REPORTED`` fact is about."""
    return fact.status.partition(" ")[0] if fact.kind in {JUDGED, REPORTED} else None


def reports_among(orders: Mapping[str, Sequence[Fact]]) -> list[Report]:
    """The reports in an account, given as facts by the ids under which they are kept."""
    found = [report_of(facts) for order_id, facts in orders.items() if order_id.startswith(_OF)]
    return [report for report in found if report is not None]


def is_bound_by_referrals(orders: Mapping[str, Sequence[Fact]]) -> bool:
    """Whether what an account earns for referrals depends on other orders, or on turns that may lie ahead."""
    if FRIEND in orders:
        return True
    reports = (report_of(facts) for order_id, facts in orders.items() if order_id.startswith(_OF))
    return any(report is not None and report.turns for report in reports)


def codes_among(orders: Mapping[str, Sequence[Fact]]) -> set[str]:
    """The codes of an account's own."""
    return {order_id[len(_CODE) :] for order_id, facts in orders.items() if facts and order_id.startswith(_CODE)}


def claims_among(facts: Sequence[Fact]) -> list[Claim]:
    """The claims of a friend that were looked at, the earliest first."""
    claimed: dict[str, tuple[int, str, str]] = {}
    for fact in facts:
        if fact.kind in {CLAIMED, JUDGED}:
            place = fact.at, fact.status if fact.kind == CLAIMED else "#", fact.kind
            claimed[fact.refund_id] = min(place, claimed.get(fact.refund_id, place))
    claims: dict[str, Claim] = {}
    for fact in facts:
        if fact.kind == JUDGED:
            referral_id, *reasons = fact.status.split(" ")
            at, order_id, _ = claimed[fact.refund_id]
            claim = claims.get(referral_id, Claim(referral_id, fact.refund_id, at, order_id[1:], OPEN, ()))
            found = tuple(dict.fromkeys((*claim.reasons, *reasons)))
            claims[referral_id] = claim._replace(verdict=max(claim.verdict, fact.amount), reasons=found)
    return sorted(claims.values(), key=lambda claim: (claim.at, claim.referral_id))


def decisions_among(facts: Iterable[Fact]) -> dict[str, list[tuple[int, bool]]]:
    """By referral: when people decided about it, and whether they approved it; in order."""
    decided: dict[str, list[tuple[int, int, bool]]] = {}
    for fact in facts:
        if fact.kind == DECIDED:
            decided.setdefault(fact.refund_id, []).append((fact.at, fact.ahead, bool(fact.amount)))
    return {referral: [(at, approved) for at, _, approved in sorted(made)] for referral, made in decided.items()}


def is_kept_claim(facts: Sequence[Fact], fact: Fact) -> bool:
    """Whether a claim is kept beside those that are known: the earliest of each code counts, and codes are limited."""
    same = [one for one in facts if one.kind == CLAIMED and one.refund_id == fact.refund_id]
    if same:
        return (fact.at, fact.status) < min((one.at, one.status) for one in same)
    return len({one.refund_id for one in facts if one.kind == CLAIMED}) < CLAIMS_MAX


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
