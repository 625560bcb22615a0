"""A rule is about a word in whichever spelling an order has it."""

import pytest

from loyalty.programme.document import check_programme
from mandegar.calendar import shop_days
from mandegar.events.identity import opaque_spellings, opaque_word

KEY = b"k" * 32
PROGRAMME = """
version: 2
currency: IRR
earn:
  rules:
  - {{name: all, points: 1, per: 1000, when: {{categories: [{word}], products: [{word}]}}}}
tiers: {{window_days: 365, levels: [{{name: member, spend: 0}}]}}
spend: {{value: 1000, exclude: {{categories: [{word}]}}}}
challenges:
  - {{name: both, title: {{en: Both}}, goal: {{all_categories: [{word}, چای سبز]}}, points: 5}}
"""
SPELT = [
    ("شیرینی", "شيريني"),
    ("شيريني", "شیرینی"),
    ("کفش", "كفش"),
    ("کفش\u00a0ورزشی", "کفش ورزشی"),
    ("كفش ورزشی", "کفش ورزشی"),
    ("چا\u200fی", "چای"),
    ("e\u0301clair", "\u00e9clair"),
    ("shoes", "shoes"),
]


def hashed(word):
    return opaque_word(word, shop="s", key=KEY)


@pytest.mark.parametrize(("written", "ordered"), SPELT)
def test_a_rule_knows_the_word_in_any_spelling(written, ordered):
    programme = check_programme(
        PROGRAMME.format(word=f'"{written}"'),
        currency="IRR",
        zone=shop_days("Asia/Tehran"),
        begin=0,
        published=hashed,
    )
    when = programme.earning.rules[0].when
    for word in (written, ordered):
        assert hashed(word) in when.categories
        assert hashed(word) in when.products
        assert hashed(word) in programme.spending.categories
    goal = programme.challenges.rules[0].goal
    # Of two spellings one word is counted.
    assert (goal.target, len(goal.words)) == (2, 2)
    assert dict(goal.spelt).get(hashed(ordered), hashed(ordered)) == hashed(written)
    assert hashed(ordered) in opaque_spellings(written, shop="s", key=KEY)
