"""Parts of a card from churn's own rows: lifecycle and stage, answers to surveys, and orders."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from churn.card.read_rows import CardRow, GlanceRow
from churn.domain.assessment import Assessment
from churn.domain.customer import Customer, Terms
from churn.domain.lifecycle import lifecycle_of
from churn.domain.satisfaction import KINDS, Answer, score_of
from churn.domain.stage import stage_at
from churn.domain.timeline.glance import favourite_category, last_order, tickets_at_a_glance
from mandegar.quantities import from_us, to_us

# What is not for a customer's own token, as in a history: the shop's view of the customer, what the shop keeps of
# tickets and surveys, and ids of other devices.
_HIDDEN: Final = dict.fromkeys(("lifecycle", "stage", "segments", "tickets", "answers", "ids"))
_OWN_STATUSES: Final = frozenset({"sent"})


def parts_of(
    glance: GlanceRow, state: Customer, terms: Terms, assessed: Assessment | None, now: datetime, *, own: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of ``GlanceParts``, and how fresh each part is; ``own``: for a customer's own token."""
    members, orders, tickets = glance.members or {}, glance.orders or [], glance.tickets or []
    answers, consents = _answers(glance), glance.consents or {}
    acted, entered = state.last_event_at, _newest(members.values())
    parts = {
        "lifecycle": None if own else _lifecycle(state, terms, assessed),
        "stage": None if own else _stage(state, terms, assessed, now),
        "segments": [{"segment": name, "since": from_us(since)} for name, since in sorted(members.items())],
        "last_items": last_order(orders[0]) if orders else None,
        "favourite_category": favourite_category(orders),
        "tickets": tickets_at_a_glance(tickets),
        "answers": {kind: _score(answers.get(kind)) for kind in KINDS},
        "consents": {
            channel: {"status": told["status"], "at": from_us(told["us"]), "method": told["method"]}
            for channel, told in sorted(consents.items())
        },
        "ids": glance.aliases or [],
    }
    fresh = {
        "segments": max((at for at in (acted, entered) if at is not None), default=None),
        "last_items": glance.ordered_at,
        "tickets": _newest(told["us"] for ticket in tickets for told in ticket.values()),
        "answers": _newest(answer.at_us for answer in answers.values()),
        "consents": _newest(told["us"] for told in consents.values()),
        "ids": acted,
    }
    if own:
        parts |= _HIDDEN
        fresh = {part: at for part, at in fresh.items() if part not in _HIDDEN}
    return parts, {part: {"as_of": at, "version": None} for part, at in fresh.items()}


def of_own(row: CardRow) -> CardRow:
    """What other services have published of a customer, for their own token: of messages those that were sent."""
    sent = [message for message in row.messages if message["status"] in _OWN_STATUSES]
    return row._replace(messages=sent, messages_at=datetime.fromisoformat(sent[0]["at"]) if sent else None)


def _lifecycle(state: Customer, terms: Terms, assessed: Assessment | None) -> str | None:
    """Where the customer is in their life with the shop, at the moment of the question."""
    if assessed is None:
        return None
    since, signals = state.healthy_since, state.heard_by(terms.model)
    return lifecycle_of(assessed.band, assessed.statistics, since, terms.model, terms.days, signals)


def _stage(state: Customer, terms: Terms, assessed: Assessment | None, now: datetime) -> str | None:
    """The stage of the journey at the moment of the question; None if no act of the customer is known."""
    if state.last_event_at is None and not state.signals:
        return None
    statistics, band = (None, None) if assessed is None else (assessed.statistics, assessed.band)
    return stage_at(state.signals, statistics, band, terms.days, to_us(now)).stage


def _score(answer: Answer | None) -> dict[str, Any] | None:
    return None if answer is None else {"score": score_of(answer), "at": from_us(answer.at_us)}


def _answers(glance: GlanceRow) -> dict[str, Answer]:
    return {kind: Answer(*answer) for kind, answer in (glance.answers or {}).items()}


def _newest(at_us: Iterable[int]) -> datetime | None:
    newest = max(at_us, default=None)
    return None if newest is None else from_us(newest)
