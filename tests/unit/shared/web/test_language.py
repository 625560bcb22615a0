"""The language of an answer is the one that was asked for, else the reader's, else the shop's."""

import pytest

from mandegar.web.language import language_of


@pytest.mark.parametrize(
    ("lang", "accepted", "locale", "language"),
    [
        ("fa", "en", "en", "fa"),
        (None, "fa-IR,fa;q=0.9,en;q=0.8", "en", "fa"),
        (None, "en;q=0.5, fa", "en-GB", "fa"),
        (None, "de, fr;q=0.9, en;q=0.1, fa;q=0.05", "fa", "en"),
        (None, "fa;q=0, de", "en", "en"),
        (None, "de", "fa-IR", "fa"),
        (None, "", "fa-IR", "fa"),
        (None, "*", "de-DE", "en"),
        (None, "fa;q=nan, en;q=0.9", "en", "fa"),
        (None, ";;;,=,q=,\x00", "", "en"),
        (None, "fa;q=" + "9" * 400, "en", "fa"),
    ],
)
def test_the_language_of_an_answer(lang: str | None, accepted: str, locale: str, language: str) -> None:
    assert language_of(lang, accepted, locale) == language
