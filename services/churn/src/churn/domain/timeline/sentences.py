"""A sentence about each entry of a history, in English and in Persian."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from churn.domain.forecast.words import Language, band_text
from churn.domain.timeline import phrases
from churn.domain.timeline.contracts import SUBSCRIPTION, TRIAL, subscription_sentence, trial_sentence
from churn.domain.timeline.formats import amount, day_at, listed, money, segment, tier, title
from mandegar.calendar import ShopDays
from mandegar.quantities import lenient_decimal

Fields = Mapping[str, Any]


def sentence(type_: str, fields: Fields, days: ShopDays, language: Language) -> str:
    """The sentence about an entry, whose ``fields`` are those that a reader is given."""
    return _SENTENCES[type_](fields, days, language)


def _in(texts: tuple[str, str], language: Language) -> str:
    return texts[language == "fa"]


def _points(value: float, language: Language) -> str:
    return amount(value, language)


def _order(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    parts = []
    if fields["lines"]:
        items = amount(fields["items"], language)
        word = "item" if fields["items"] == "1" else "items"
        parts.append(f"{items} قلم" if language == "fa" else f"{items} {word}")
    parts.append(money(fields["total"], fields["currency"], language))
    if fields["state"] == "partly_refunded":
        back = money(fields["refunded"], fields["currency"], language)
        parts.append(f"بازگشتی {back}" if language == "fa" else f"{back} refunded")
    return f"{_in(phrases.ORDER_STATES[fields['state']], language)}: {listed(parts, language)}"


def _refund(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    back = money(fields["amount"], fields["currency"], language)
    return f"{back} بازپرداخت شد" if language == "fa" else f"Refund of {back}"


def _visits(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    parts = []
    for name, (one, many, persian) in phrases.VISITS.items():
        if number := fields["counts"].get(name):
            said = persian if language == "fa" else one if number == 1 else many
            parts.append(f"{amount(number, language)} {said}")
    return f"{'بازدید از فروشگاه' if language == 'fa' else 'Visited the shop'}: {listed(parts, language)}"


def _act(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    return f"«{fields['act']}» را انجام داد" if language == "fa" else f"Did {fields['act']}"


def _review(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    rating, of = amount(fields["rating"], language), amount(fields["rating_scale"], language)
    return f"به یک محصول {rating} از {of} داد" if language == "fa" else f"Rated a product {rating} of {of}"


def _survey(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    score = amount(fields["score"], language)
    if language == "fa":
        return f"در نظرسنجی {phrases.SURVEYS_FA[fields['survey']]} نمرهٔ {score} داد"
    return f"Answered a survey ({fields['survey'].upper()}) with {score}"


def _ticket(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    return _in(phrases.TICKETS[fields["state"]], language)


def _promise(fields: Fields, days: ShopDays, language: Language) -> str:
    text = _in(phrases.PROMISES[fields["state"]], language)
    if "due_us" not in fields:
        return text
    due = day_at(fields["due_us"], days, language)
    return f"{text}: تا {due}" if language == "fa" else f"{text}: {fields['promise']} by {due}"


def _posted(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    sums: dict[tuple[str, bool], int] = {}
    for change in fields["changes"]:
        key = change["kind"], change["kind"] == "adjust" and change["points"] < 0
        sums[key] = sums.get(key, 0) + change["points"]
    unknown = ("{} points changed", "{} امتیاز تغییر کرد")
    parts = [
        _in(phrases.LEDGER.get(kind, unknown), language).format(_signed(kind, n, language))
        for (kind, _), n in sums.items()
    ]
    return listed(parts, language)


def _credit(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    sums: dict[str, Decimal] = {}
    for change in fields["changes"]:
        total = lenient_decimal(change["amount"])
        kind = "taken" if change["kind"] == "adjust" and total < 0 else change["kind"]
        sums[kind] = sums.get(kind, Decimal(0)) + total
    unknown = ("{} of credit changed", "{} اعتبار تغییر کرد")
    parts = [
        _in(phrases.CREDIT.get(kind, unknown), language).format(money(f"{abs(total):f}", fields["currency"], language))
        for kind, total in sums.items()
    ]
    return listed(parts, language)


def _signed(kind: str, number: int, language: Language) -> str:
    """Points with their sign where the word does not tell it."""
    plain = amount(abs(number), language)
    return f"-{plain}" if kind == "adjust" and number < 0 else plain


def _expiring(fields: Fields, days: ShopDays, language: Language) -> str:
    points, when = _points(fields["points"], language), day_at(fields["expires_us"], days, language)
    return f"{points} امتیاز در {when} منقضی می‌شود" if language == "fa" else f"{points} points expire on {when}"


def _tier(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    now, before = tier(fields["tier"], language), tier(fields["previous"], language)
    return f"سطح {now} شد؛ پیش از این {before}" if language == "fa" else f"Tier {now}, before {before}"


def _tier_at_risk(fields: Fields, days: ShopDays, language: Language) -> str:
    if not fields["at_risk"]:
        return "سطح دیگر در خطر نیست" if language == "fa" else "The tier is safe again"
    name, when = tier(fields.get("tier", ""), language), day_at(fields["until_us"], days, language)
    if language == "fa":
        return f"سطح {name} در {when} پایان می‌یابد"
    return f"The tier {name} ends on {when}"


def _challenge(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    name, done = title(fields, fields["challenge"], language), fields["state"] == "completed"
    if language == "fa":
        return f"چالش {name} {'به پایان رسید' if done else 'دیگر به‌پایان‌رسیده نیست'}"
    return f"Challenge {'completed' if done else 'no longer completed'}: {name}"


def _badge(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    name, granted = title(fields, fields["badge"], language), fields["change"] == "granted"
    if language == "fa":
        return f"نشان {name} {'گرفت' if granted else 'پس گرفته شد'}"
    return f"Badge {'granted' if granted else 'withdrawn'}: {name}"


def _redemption(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    credit = fields.get("credit")
    figures = []
    if fields["points"] or credit is None:
        figures.append(f"{_points(fields['points'], language)} {'امتیاز' if language == 'fa' else 'points'}")
    if credit is not None:
        of_credit = money(credit, fields.get("currency", ""), language)
        figures.append(f"{of_credit} اعتبار" if language == "fa" else f"{of_credit} of credit")
    text = _in(phrases.REDEMPTIONS[fields["state"]], language).format(
        (" و " if language == "fa" else " and ").join(figures)
    )
    reward = fields.get("reward")
    if reward is None:
        return text
    return f"{text}؛ پاداش «{reward}»" if language == "fa" else f"{text}, reward {reward}"


def _coupon(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    reward = f"«{fields['reward']}»" if language == "fa" else fields["reward"]
    return _in(phrases.COUPONS[fields["state"]], language).format(reward)


def _referral(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    state = _in(phrases.REFERRALS[fields["state"]], language)
    return f"با معرفی یک دوست آمد: {state}" if language == "fa" else f"Came by the code of a friend: {state}"


def _referral_made(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    state = _in(phrases.REFERRALS[fields["state"]], language)
    return f"یک دوست را معرفی کرد: {state}" if language == "fa" else f"Referred a friend: {state}"


def _draw(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    return f"در قرعه‌کشی «{fields['draw']}» برنده شد" if language == "fa" else f"Won the draw {fields['draw']}"


def _band(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    now, before = band_text(fields["band"], language), fields.get("previous")
    if fields.get("won_back"):
        back = band_text(fields["previous"], language)
        return f"بازگشت: پیش از این {back} بود" if language == "fa" else f"Won back, after being {back}"
    if before is None:
        return f"وضعیت: {now}" if language == "fa" else f"Band: {now}"
    was = band_text(before, language)
    return f"وضعیت از {was} به {now} رسید" if language == "fa" else f"Band: {now}, before {was}"


def _band_left(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    return "دیگر سفارشی ندارد" if language == "fa" else "In no band any more: no order counts"


def _lifecycle(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    now, before = (segment(fields[name], language) for name in ("lifecycle", "previous"))
    return f"مشتری {now} شد؛ پیش از این {before}" if language == "fa" else f"Lifecycle: {now}, before {before}"


def _stage(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    now, before = (_in(phrases.STAGES[fields[name]], language) for name in ("stage", "previous"))
    return f"به مرحلهٔ {now} رسید؛ پیش از این {before}" if language == "fa" else f"Stage: {now}, before {before}"


def _entered(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    name = segment(fields["segment"], language)
    return f"به گروه {name} وارد شد" if language == "fa" else f"Entered the segment {name}"


def _left(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    name = segment(fields["segment"], language)
    return f"از گروه {name} بیرون رفت" if language == "fa" else f"Left the segment {name}"


def _message(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    text = _in(phrases.MESSAGES[fields["state"]], language).format(_in(phrases.CHANNELS[fields["channel"]], language))
    about = [fields[name] for name in ("journey", "reason") if fields.get(name)]
    return f"{text} ({listed(about, language)})" if about and language == "en" else text


def _consent(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    channel, granted = _in(phrases.CHANNELS[fields["channel"]], language), fields["status"] == "granted"
    if language == "fa":
        return f"با {channel} تبلیغاتی {'موافقت کرد' if granted else 'مخالفت کرد'}"
    return f"{channel} for marketing {'agreed to' if granted else 'refused'}"


def _signed_up(fields: Fields, days: ShopDays, language: Language) -> str:  # noqa: ARG001
    return "ثبت‌نام کرد" if language == "fa" else "Signed up"


_SENTENCES: Final[Mapping[str, Callable[[Fields, ShopDays, Language], str]]] = MappingProxyType(
    {
        "order": _order,
        "refund": _refund,
        "visits": _visits,
        "signed_up": _signed_up,
        "act": _act,
        "review": _review,
        "survey": _survey,
        "ticket": _ticket,
        "promise": _promise,
        SUBSCRIPTION: subscription_sentence,
        TRIAL: trial_sentence,
        "points": _posted,
        "credit": _credit,
        "points_expiring": _expiring,
        "tier": _tier,
        "tier_at_risk": _tier_at_risk,
        "challenge": _challenge,
        "badge": _badge,
        "redemption": _redemption,
        "coupon": _coupon,
        "referral": _referral,
        "referral_made": _referral_made,
        "draw_won": _draw,
        "band": _band,
        "band_left": _band_left,
        "lifecycle": _lifecycle,
        "stage": _stage,
        "segment_entered": _entered,
        "segment_left": _left,
        "message": _message,
        "consent": _consent,
    }
)
TYPES: Final = tuple(_SENTENCES)
