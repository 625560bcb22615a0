"""How far a customer is with a challenge that another version of the programme has changed since."""

from dataclasses import replace

import pytest

from builders.accounts import TEHRAN, at, money, paid, programme
from builders.challenges import challenge, challenged
from loyalty.domain.challenge_rules import ALL_CATEGORIES, SPEND, Challenge, Goal
from loyalty.domain.lines import Line, Lines
from loyalty.domain.programme import Programme
from loyalty.domain.spans import ROLLING, Span
from loyalty.domain.standings import standings_of


def versions_of(before: Challenge, after: Challenge, currency: str = "IRR") -> list[Programme]:
    plain = programme(currency=currency)
    return [challenged(plain, before), challenged(replace(plain, version=2, effective_from=at(10)), after)]


def both(*words: str) -> Goal:
    return Goal(ALL_CATEGORIES, 2, frozenset(words), written=tuple([(word, word) for word in words]))


@pytest.mark.parametrize("span", [Span(), Span(ROLLING, days=30)])
def test_words_that_the_version_in_force_does_not_ask_for_are_no_progress(span):
    versions = versions_of(challenge("set", both("a", "b"), within=span), challenge("set", both("a", "c"), within=span))
    lines = Lines((Line("p", money(100), "b"), Line("q", money(100), "c")))
    facts = {"o": [paid("o", 1, 200)._replace(lines=lines)]}
    (found,) = standings_of(facts, versions, TEHRAN, at(11)).challenges
    assert (found.done, found.missing) == (1, ("a",))


@pytest.mark.parametrize("span", [Span(), Span(ROLLING, days=30)])
@pytest.mark.parametrize(("currency", "coin"), [("IRR", "1"), ("EUR", "0.01"), ("KWD", "0.001")])
def test_a_coin_is_missing_where_the_version_in_force_asks_for_less_than_was_spent(span, currency, coin):
    before, after = Goal(SPEND, money(1_000_000)), Goal(SPEND, money(500_000))
    versions = versions_of(challenge("spend", before, within=span), challenge("spend", after, within=span), currency)
    (found,) = standings_of({"o": [paid("o", 1, 700_000)]}, versions, TEHRAN, at(11)).challenges
    assert after.target - found.done == money(coin)
