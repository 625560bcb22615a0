"""A rule is about a word in whichever spelling an order has it."""

from datetime import UTC, datetime

import pytest

from loyalty.programme.document import check_programme, forms_of, parse_programme
from loyalty.programme.put import read_new
from mandegar.calendar import shop_days
from mandegar.events.identity import opaque_spellings, opaque_word
from mandegar.shops import Shop

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SHOP = Shop(
    *("s", 1, "Shop", "Asia/Tehran", "IRR", "fa", "IR", "shop@example.test", ""),
    origins=(), sender_verified=True, keep_books=False,
)  # fmt: skip
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


def test_a_new_document_changes_no_older_one_and_is_read_as_it_was_checked():
    old = PROGRAMME.format(word="شیرینی")
    new = old.replace("points: 5", "points: 6")
    words = {
        "شیرینی": hashed("شیرینی"),
        "چای سبز": hashed("چای سبز"),
    }  # as stored before spellings
    before = categories(old, words)

    stored = words | read_new(SHOP, new, None, NOW, key=KEY).words

    assert categories(old, stored) == before == {hashed("شیرینی")}
    assert categories(new, stored) >= {hashed("شیرینی"), hashed("شيريني")}


def categories(document, words):
    programme = parse_programme(document, version=1, effective_from=0, currency="IRR", forms=forms_of(words, document))
    return programme.earning.rules[0].when.categories
