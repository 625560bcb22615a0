"""The data of an event as the other services receive it."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Literal, cast

from ingest.domain import contract_forms, contracts, forms, opening, opening_coupons, order_acts, promises
from ingest.domain.act_words import label
from ingest.domain.amounts import factor, money
from ingest.domain.consents import CHANNELS
from ingest.domain.customer_ids import own_id, text_id
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sentiment import sentiment_of
from ingest.domain.sources import Source
from mandegar.events import contracts as contracted
from mandegar.events import ingest as acts
from mandegar.events import opening as brought
from mandegar.events import promises as promised
from mandegar.events.elsewhere import MessageSentElsewhere
from mandegar.events.identity import is_opaque
from mandegar.events.referrals import ReferralClaimed

# The scales of scores as they are published; a score on another one is converted.
SURVEY_RANGE = {"nps": (0.0, 10.0), "csat": (0.0, 100.0), "ces": (0.0, 100.0)}
# The name of a journey of notify.
_JOURNEY = re.compile("[a-z][a-z0-9_]{0,59}")
_SCALE_FAR = 1e6
_ACT = re.compile("[a-z0-9][a-z0-9_-]{0,59}")

Act = (
    acts.OrderSnapshot
    | acts.OrderDelivered
    | acts.OrderCancelled
    | acts.RefundIssued
    | brought.PointsOpened
    | brought.TierGranted
    | brought.CouponOpened
    | acts.Interaction
    | acts.ReviewSubmitted
    | acts.SurveyResponded
    | acts.TicketChanged
    | acts.TicketAnswered
    | promised.PromiseMade
    | promised.PromiseSettled
    | contracted.SubscriptionPaid
    | contracted.SubscriptionEnded
    | contracted.TrialStarted
    | contracted.TrialEnded
    | acts.ActDone
    | ReferralClaimed
    | MessageSentElsewhere
)


def interaction(
    form: forms.InteractionForm,
    source: Source,
    names: Pseudonyms,
    _written: datetime,
    _now: datetime,
    left_out: list[str],
) -> acts.Interaction:
    named = (form.subject_id, form.product_id, form.cart_id, form.checkout_id)
    subject = next((value for value in named if value is not None and value != ""), None)
    return acts.Interaction(
        subject_id=_subject(subject, names, left_out),
        value=_value(form, source, left_out),
        category=label(form.category, "data.category", names, left_out),
        **_place(form, names, left_out),
    )


def review(
    form: forms.ReviewForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> acts.ReviewSubmitted:
    scale = form.rating_scale
    if not (isfinite(scale) and scale > 0 and 0 <= form.rating <= scale):
        raise Refused("invalid_data", "data.rating must be from 0 to data.rating_scale")
    return acts.ReviewSubmitted(
        product_id=names.word(text_id(form.product_id, "data.product_id")),
        rating=form.rating,
        rating_scale=scale,
        sentiment=sentiment_of(form.text),
        **_place(form, names, left_out),
    )


def survey(
    form: forms.SurveyForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> acts.SurveyResponded:
    limits = SURVEY_RANGE.get(form.kind)
    if limits is None:
        raise Refused("invalid_data", "data.kind must be nps, csat or ces")
    low = limits[0] if form.scale_min is None else form.scale_min
    high = limits[1] if form.scale_max is None else form.scale_max
    if not (-_SCALE_FAR <= low < high <= _SCALE_FAR):
        raise Refused("invalid_data", "data.scale_min must be below data.scale_max")
    if not low <= form.score <= high:
        raise Refused("invalid_data", f"data.score must be from {low:g} to {high:g}")
    score = form.score
    if (low, high) != limits:
        score = limits[0] + (score - low) / (high - low) * (limits[1] - limits[0])
    kind = cast("Literal['nps', 'csat', 'ces']", form.kind)
    return acts.SurveyResponded(
        survey_id=names.word(text_id(form.survey_id, "data.survey_id")),
        kind=kind,
        score=min(score, limits[1]),
        sentiment=sentiment_of(form.text),
        **_place(form, names, left_out),
    )


def ticket(
    form: forms.TicketForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> acts.TicketChanged:
    return acts.TicketChanged(
        ticket_id=names.word(own_id(form.ticket_id, "data.ticket_id")),
        category=label(form.category, "data.category", names, left_out),
        priority=label(form.priority, "data.priority", names, left_out),
        sentiment=sentiment_of(form.text),
    )


def done(
    form: forms.ActForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> acts.ActDone:
    name = str(form.act)
    if not (_ACT.fullmatch(name) and is_opaque(name)):
        raise Refused("invalid_data", "data.act must be at most 60 of a-z, 0-9, - and _, such as story-shared")
    return acts.ActDone(
        act=name, subject_id=_subject(form.subject_id, names, left_out), **_place(form, names, left_out)
    )


def referral(
    form: forms.ReferralForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, _: list[str]
) -> ReferralClaimed:
    try:
        return ReferralClaimed(code_id=names.referral_code(str(form.code)))
    except ValueError as error:
        raise Refused("invalid_data", f"data.code: {error}") from None


def message(
    form: forms.MessageForm, _source: Source, names: Pseudonyms, _written: datetime, _now: datetime, left_out: list[str]
) -> MessageSentElsewhere:
    if form.channel not in CHANNELS:
        raise Refused("invalid_data", "data.channel must be email or sms")
    journey = form.journey or None
    if journey is not None and not (_JOURNEY.fullmatch(journey) and is_opaque(journey)):
        left_out.append("data.journey (not the name of a journey)")
        journey = None
    return MessageSentElsewhere(
        message_id=names.word(own_id(form.message_id, "data.message_id")),
        channel=cast("Literal['email', 'sms']", form.channel),
        marketing=form.marketing is not False,
        journey=journey,
    )


def _subject(subject: forms.Name | None, names: Pseudonyms, left_out: list[str]) -> str | None:
    """What an act was about; that nobody can tell does not keep the act back."""
    if subject is None or subject == "":
        return None
    try:
        return names.word(text_id(subject, "data.subject_id"))
    except Refused:
        left_out.append("data.subject_id")
        return None


def _value(form: forms.InteractionForm, source: Source, left_out: list[str]) -> Decimal | None:
    """What a visit was worth, which nothing is counted from that a shop owes."""
    if form.value is None:
        return None
    times = factor(form.currency or source.unit or source.shop.currency, source)
    try:
        return money(form.value, "data.value", times)
    except Refused as refused:
        left_out.append(f"data.value ({refused.detail})")
        return None


def _place(
    form: forms.InteractionForm | forms.ReviewForm | forms.SurveyForm | forms.ActForm,
    names: Pseudonyms,
    left_out: list[str],
) -> dict[str, str | None]:
    """Where an act was done."""
    return {
        "channel": label(form.channel, "data.channel", names, left_out),
        "branch": label(form.branch, "data.branch", names, left_out),
    }


_BUILDERS: dict[type, Callable[..., Act]] = {
    forms.OrderForm: order_acts.order,
    forms.DeliveryForm: order_acts.delivery,
    forms.CancellationForm: order_acts.cancellation,
    forms.RefundForm: order_acts.refund,
    forms.OpeningForm: opening.points,
    forms.TierGrantForm: opening.tier,
    forms.CouponForm: opening_coupons.coupon,
    forms.InteractionForm: interaction,
    forms.ReviewForm: review,
    forms.SurveyForm: survey,
    forms.TicketForm: ticket,
    forms.TicketAnswerForm: promises.answer,
    forms.PromiseForm: promises.made,
    forms.PromiseEndForm: promises.settled,
    contract_forms.SubscriptionForm: contracts.paid,
    contract_forms.SubscriptionEndForm: contracts.ended,
    contract_forms.TrialForm: contracts.trial,
    contract_forms.TrialEndForm: contracts.trial_ended,
    forms.ActForm: done,
    forms.ReferralForm: referral,
    forms.MessageForm: message,
}


def act(
    form: forms.DataForm, source: Source, names: Pseudonyms, written: datetime, now: datetime, left_out: list[str]
) -> Act:
    """The typed data; raises ``Refused``. Names of fields that cannot be used are added to ``left_out``."""
    return _BUILDERS[type(form)](form, source, names, written, now, left_out)
