"""Persian texts: what denies, strengthens and contrasts, and that the same words in another spelling say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.sentiment import sentiment_of
from ingest.domain.sentiment.persian import plain
from ingest.domain.sentiment.persian_words import CONTRAST, DENIED, SAID, STRONGER, WEAKER, WEIGHTS, WITHOUT

PRAISE = ("خوب", "راضی", "تمیز", "سالم", "خوشمزه", "مودب", "سریع", "عالی")
COMPLAINT = ("بد", "خراب", "کثیف", "شکسته", "گران", "ضعیف")
praise = st.sampled_from(PRAISE)


@given(praise, st.sampled_from(COMPLAINT))
def test_a_verb_that_denies_turns_what_stands_before_it(good, bad):
    assert sentiment_of(f"{good} بود") > 0 > sentiment_of(f"{good} نبود")
    assert sentiment_of(f"{bad} بود") < 0 < sentiment_of(f"{bad} نبود")
    assert sentiment_of(f"{good} بود") > sentiment_of(f"{bad} نبود")


@given(praise)
def test_words_before_it_make_a_word_stronger_weaker_or_its_opposite(good):
    assert sentiment_of(f"خیلی {good} بود") > sentiment_of(f"{good} بود") > sentiment_of(f"یکم {good} بود") > 0
    assert sentiment_of(f"نه چندان {good}") < 0


def test_what_was_said_before_is_not_denied_by_what_comes_later():
    assert sentiment_of("خوب بود و مشکلی نداشت") > sentiment_of("خوب بود") > 0
    assert sentiment_of("افتضاح بود و پول هم ندادن") < 0


def test_what_stands_behind_but_counts_more():
    assert sentiment_of("خوب بود ولی خراب شد") < 0 < sentiment_of("خراب شد ولی خوب بود")


def test_work_and_answers_count_where_they_are_denied():
    assert sentiment_of("کسی جواب نداد") < 0 == sentiment_of("جواب داد")
    assert sentiment_of("کار نمی‌کنه") < 0 == sentiment_of("کار میکنه")


def test_who_asks_whether_it_is_good_does_not_praise_it():
    assert 0 < sentiment_of("جنسش خوب است؟") < sentiment_of("جنسش خوب است") / 2
    assert sentiment_of("چرا اینقدر بد است؟") == sentiment_of("چرا اینقدر بد است")


@pytest.mark.parametrize(
    "written",
    [
        ("بی کیفیت", "بی‌کیفیت", "بیکیفیت", "بي كيفيت", "بی‌کیفیّت"),
        ("نمی خوام، راضی نیستم", "نمی‌خوام، راضی نیستم", "نميخوام، راضي نيستم"),
        ("فوق العاده", "فوق‌العاده", "فوقالعاده", "فوقــالعاده", "فوق العادههههه"),
        ("عالی", "عااااالی", "عالییییی", "عالي", "عالى"),
        ("تأخیر زیاد", "تاخیر زیاد", "تأخير زياد"),
        ("به موقع رسید ۱۲", "به‌موقع رسید ١٢", "بهموقع رسید 12", "به موقع رسید"),
    ],
)
def test_spellings_of_the_same_words_say_the_same(written):
    assert len({sentiment_of(text) for text in written}) == 1
    assert sentiment_of(written[0])


@given(st.sampled_from(sorted(WEIGHTS)))
def test_every_word_is_in_the_spelling_in_which_it_is_looked_up(word):
    assert plain(word) == word or plain(word) in WEIGHTS
    assert (sentiment_of(word) or 0) * WEIGHTS[word] > 0


def test_no_word_has_two_meanings():
    groups = (set(STRONGER), set(WEAKER), set(CONTRAST), set(WITHOUT), set(SAID))
    for group in groups:
        assert {plain(word) for word in group} == group
        assert not group & WEIGHTS.keys()
    assert not DENIED.keys() & WEIGHTS.keys()
