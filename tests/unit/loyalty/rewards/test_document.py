"""The catalogue of rewards: what it accepts, what it refuses with which line, and what it warns of."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builders.rewards import catalogue, reward
from loyalty.domain.rewards import Limit
from loyalty.rewards.document import KINDS, read_catalogue
from loyalty.rewards.warnings import warnings_of
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument
from mandegar.quantities import to_us

TEHRAN = shop_days("Asia/Tehran")
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
OF_KINDS: dict[str, dict[str, Any]] = {
    "amount_off": {"amount": 1},
    "percent_off": {"percent": 10, "at_most": 500_000},
    "product": {"products": ["p-1"]},
    "sample": {"products": ["p-1"]},
    "free_shipping": {},
    "upgrade": {"upgrade": "express"},
    "invitation": {"seats": 30},
    "gift": {"products": ["p-2", "p-3"]},
    "partner_coupon": {"partner": "cinema"},
    "charity": {"charity": "mahak", "amount": 50_000},
}


def of_kind(kind: str, **changes: Any) -> dict[str, Any]:
    return reward(**{"kind": kind, "amount": None, **OF_KINDS[kind], **changes})


def errors(*rewards: dict[str, Any], **more: Any) -> list[tuple[int, str]]:
    with pytest.raises(InvalidDocument) as caught:
        read_catalogue(catalogue(*rewards, **more), currency="IRR", is_new=True)
    return [tuple(error) for error in caught.value.errors]


def compiled(*rewards: dict[str, Any]) -> Any:
    return read_catalogue(catalogue(*rewards), currency="IRR", is_new=True).model.compiled(TEHRAN)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_needs_what_it_gives(kind):
    [made] = compiled(of_kind(kind))
    assert (made.kind, made.coupon) == (kind, {"partner_coupon": "pool", "charity": "none"}.get(kind, "generated"))
    assert made.stock == (30 if kind == "invitation" else None)
    for name in OF_KINDS[kind]:
        assert errors(of_kind(kind, **{name: None})) == [(4, f"rewards.0: a reward of the kind {kind} needs {name}")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_nothing_of_the_others(kind):
    for name, value in (("percent", 5), ("upgrade", "x"), ("seats", 5), ("partner", "x")):
        if name not in OF_KINDS[kind]:
            assert (4, f"rewards.0.{name}: a reward of the kind {kind} has no {name}") in errors(
                of_kind(kind, **{name: value})
            )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price": -1}, "price: must be a whole number from 0 to 1000000000000000"),
        ({"price": "1.5"}, "price: must be a whole number from 0 to 1000000000000000"),
        ({"amount": 0}, "amount: must be a number from 0.001 to 1000000000000000"),
        ({"amount": "-5"}, "amount: must be a number from 0.001 to 1000000000000000"),
        ({"stock": -1}, "stock: must be a whole number from 0 to 1000000000"),
        ({"title": {}}, "title: a title is needed in one language at least: en or fa"),
        ({"title": {"en": "  "}}, "title.en: must be a text of 1 to 120 characters"),
        ({"title": {"de": "Zehn"}}, "title.de: unknown key; allowed keys: en, fa"),
        ({"name": "ten off"}, "name: must look like an id: letters of ASCII, digits, - and _, and no nine digits in "
                              "a row"),
        ({"kind": "cash"}, "kind: must be amount_off, percent_off, product, sample, free_shipping, upgrade, "
                           "invitation, gift, partner_coupon or charity"),
        ({"limit": {"times": 0}}, "limit.times: must be a whole number from 1 to 10000"),
        ({"tiers": []}, "tiers: must be a list of 1 to 20 items"),
        ({"prefix": "nowruz"}, "prefix: must be 1 to 12 of A-Z and 0-9"),
        ({"coupon": "pool", "prefix": "X"}, "prefix: only generated codes have a prefix"),
        ({"window": {"until": "2026-02-30"}}, "window.until: must be a day and time that exist"),
        ({"window": {"until": "1405-10-01"}}, "window.until: must be a year of the Gregorian calendar from 2000 to "
                                              "2200"),
        ({"window": {"from": "tomorrow"}}, "window.from: must be a day such as 2026-12-21, or a minute such as "
                                           "2026-12-21T18:00, in the shop's zone"),
        ({"window": {"from": "2026-12-02", "until": "2026-12-01"}}, "window.until: must not be before from"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_line_and_reason(changes, message):
    assert errors(reward(), reward(**{"name": "other", **changes})) == [(5, f"rewards.1.{message}")]


def test_names_are_unique_and_the_currency_is_the_shops():
    assert errors(reward(), reward()) == [(5, "rewards.1.name: a reward above has the same name")]
    assert errors(reward(), currency="EUR") == [(2, "currency: must be IRR, the currency of the shop")]


def test_ten_thousand_rewards_are_refused_at_the_first_too_many():
    text = "version: 1\ncurrency: IRR\nrewards:\n" + "  - {}\n" * 6_000
    with pytest.raises(InvalidDocument, match="more than 5000 keys, values and list items"):
        read_catalogue(text, currency="IRR", is_new=True)
    assert errors(*(reward(f"r-{number}") for number in range(201)))[0][1].startswith("rewards: must be a list")


def test_a_window_is_in_the_zone_of_the_shop_and_its_last_day_is_included():
    [day] = compiled(reward(window={"from": "2026-12-20", "until": "2026-12-21"}))
    [minute] = compiled(reward(window={"from": "2026-12-21T18:00", "until": "2026-12-21T23:30"}))

    assert (day.begin, day.end) == tuple(to_us(datetime(2026, 12, at, 20, 30, tzinfo=UTC)) for at in (19, 21))
    assert minute.end == to_us(datetime(2026, 12, 21, 20, 0, tzinfo=UTC))


def test_a_reward_states_all_that_it_gives():
    [made] = compiled(
        reward(
            stock=5,
            limit={"times": 2, "days": 30},
            tiers=["gold"],
            minimum_spend="250.5",
            valid_days=30,
            prefix="YALDA",
        )
    )

    assert made.terms == {"amount": "100000", "currency": "IRR", "minimum_spend": "250.5"}
    assert (made.stock, made.limit, made.tiers, made.valid_days) == (5, Limit(2, 30), ("gold",), 30)


def warned(*rewards: dict[str, Any]) -> list[tuple[int, str]]:
    read = read_catalogue(catalogue(*rewards), currency="IRR", is_new=True)
    return [tuple(one) for one in warnings_of(read, days=TEHRAN, tiers={"bronze", "gold"}, now=NOW)]


def test_what_is_legal_and_surely_a_mistake_is_warned_of_with_its_line():
    assert warned(
        reward("a", window={"until": "2026-11-21"}),
        reward("b", tiers=["bronze", "platinum"]),
        reward("c", title={"en": "a"}),
        reward("d", price=0),
        reward("e", stock=0),
        reward("f", minimum_spend=50_000),
    ) == [
        (4, "rewards.0.window.until: this window is over: nobody can take the reward"),
        (5, "rewards.1.tiers.1: the programme has no tier platinum"),
        (6, "rewards.2.title.en: the reward a has the same title"),
        (7, "rewards.3.price: it costs nothing, and no limit says how often a customer may take it"),
        (8, "rewards.4.stock: nothing is in stock: nobody can take the reward"),
        (9, "rewards.5.minimum_spend: the reward is worth more than the order that it asks for"),
    ]
    assert warned(reward(window={"until": "2026-11-22"}, tiers=["gold"])) == []
