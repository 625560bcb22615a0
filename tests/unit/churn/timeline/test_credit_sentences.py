"""What a history says of credit in money: amounts with their unit, and points only where there are some."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from msgspec import structs

from builders.events import NOON, event
from builders.points import credit_posted, posted
from churn.domain.timeline.history import entries_of
from churn.domain.timeline.sentences import sentence
from churn.domain.timeline.shown import answered, fields_of, is_own
from mandegar.calendar import shop_days
from mandegar.events import Event
from mandegar.events.loyalty import RedemptionChanged


def told(item: Event) -> tuple[str, str]:
    [entry] = entries_of([item], {"s": "Asia/Tehran"}).values()
    fields, days = fields_of(entry.type, entry.data), shop_days("Asia/Tehran")
    assert is_own(entry.type, fields)
    return sentence(entry.type, fields, days, "en"), sentence(entry.type, fields, days, "fa")


@pytest.mark.parametrize(
    ("kind", "sentences"),
    [
        ("earn", ("25,000 Toman of credit earned", "۲۵٬۰۰۰ تومان اعتبار گرفت")),
        ("adjust", ("25,000 Toman of credit given by the shop", "۲۵٬۰۰۰ تومان اعتبار از فروشگاه گرفت")),
        ("expire", ("25,000 Toman of credit expired", "۲۵٬۰۰۰ تومان اعتبار منقضی شد")),
        ("transfer", ("25,000 Toman of credit changed", "۲۵٬۰۰۰ تومان اعتبار تغییر کرد")),
    ],
)
def test_what_was_posted_is_told_in_the_money_that_people_count_in(kind, sentences) -> None:
    assert told(credit_posted("250000", 3, kind=kind)) == sentences


def test_the_fields_have_the_amounts_exactly() -> None:
    [entry] = entries_of([credit_posted("250000.125", 3)], {"s": "Asia/Tehran"}).values()

    assert answered(entry.type, fields_of(entry.type, entry.data), own=True) == {
        "changes": [{"kind": "earn", "amount": "250000.125"}],
        "changes_total": 1,
        "available": "250000.125",
        "currency": "IRR",
    }


def test_what_staff_gave_and_took_in_one_posting_is_told_apart() -> None:
    given, taken = (credit_posted(amount, 3, kind="adjust").data.entries[0] for amount in ("250000", "-100000"))
    posted_ = credit_posted("150000", 3)
    in_credit = structs.replace(posted_, data=structs.replace(posted_.data, entries=(given, taken, given)))
    in_points = posted(20, 3)
    [entry] = in_points.data.entries
    adjusted = [structs.replace(entry, kind="adjust", points=points) for points in (30, -10)]
    in_points = structs.replace(in_points, data=structs.replace(in_points.data, entries=tuple(adjusted)))

    assert told(in_credit)[0] == "50,000 Toman of credit given by the shop, 10,000 Toman of credit taken by the shop"
    assert told(in_points)[0] == "30 points adjusted, -10 points adjusted"


def test_credit_that_became_the_roots_is_no_entry() -> None:
    posted = credit_posted("0", 3)
    posted = structs.replace(posted, data=structs.replace(posted.data, merged_into="root"))

    assert not entries_of([posted], {"s": "Asia/Tehran"})


@pytest.mark.parametrize(
    ("points", "credit", "sentences"),
    [
        (30, None, ("30 points redeemed", "۳۰ امتیاز خرج شد")),
        (0, "250000", ("25,000 Toman of credit redeemed", "۲۵٬۰۰۰ تومان اعتبار خرج شد")),
        (
            30,
            "250000",
            ("30 points and 25,000 Toman of credit redeemed", "۳۰ امتیاز و ۲۵٬۰۰۰ تومان اعتبار خرج شد"),
        ),
    ],
)
def test_a_redemption_names_each_unit_that_it_takes(points, credit, sentences) -> None:
    data = RedemptionChanged(
        redemption_id=uuid4(), change="confirmed", points=points, lots=(), at=NOON, reserved_at=NOON,
        expires_at=NOON + timedelta(hours=1), credit=None if credit is None else Decimal(credit), currency="IRR",
    )  # fmt: skip

    assert told(event("redemption.changed", data)) == sentences
