"""English by VADER: a lexicon with rules for negation, emphasis and contrast."""

import re
from functools import cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ingest.domain.sentiment.english_words import WEIGHTS

_words = str.split
# The commonest words of English.
_ENGLISH = frozenset(
    _words(
        "the and is it this that are were be been have has had do does did not don't doesn't didn't isn't "
        "wasn't can't won't i i'm i've my you your we our they their he she with for from of to very too but "
        "what when how why which would could should will there here after before because about again never "
        "ever no it's just only than then so please thank thanks good great bad"
    )
)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_ACCENTED = re.compile(r"[À-ÖØ-öø-ÿĀ-žƀ-ɏ]")
# Those of its neighbours in Europe, of Turkish, and of Persian in Latin letters.
_FOREIGN = frozenset(
    _words(
        "der die das und ist nicht sehr war ein eine ich le la les et est pas tres un une el los las es muy "
        "de que il che non molto bir ve cok degil het een niet van met zijn og det ikke och att jag med para por "
        "con per kheili khub khoob bood bud nabood ast"
    )
)
# One of so many words of a text is among the commonest, at least.
_EACH = 8
# Shorter texts may have none of them.
_SHORT = 6
# So many words may be the name of a product.
_NAME = 3
# VADER looks at all words for each that it knows, so it is given sentences, and of an endless one pieces.
_SENTENCE = re.compile(r"[.!?\n\r]+")
_PIECE = 20


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    """Reads the lexicon of its package, once in a process."""
    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(WEIGHTS)
    return analyzer


def is_english(text: str, *, alone: bool) -> bool:
    """Whether words in Latin letters are English, as far as their letters and the commonest words tell.

    A few such words in a text of other letters, not ``alone``, are names.
    """
    words = _WORD.findall(text.lower().replace("’", "'"))
    known, foreign = sum(word in _ENGLISH for word in words), sum(word in _FOREIGN for word in words)
    if known * _EACH >= len(words) and known > foreign:
        return alone or len(words) > _NAME
    return alone and len(words) <= _SHORT and not foreign and not _ACCENTED.search(text)


def sentiment(text: str) -> float:
    """From -1 to 1: the mean of the sentences that say something."""
    values = [_analyzer().polarity_scores(piece)["compound"] for piece in _pieces(text.replace("’", "'"))]
    telling = [value for value in values if value]
    return sum(telling) / len(telling) if telling else 0.0


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for end in [*(match.end() for match in _SENTENCE.finditer(text)), len(text)]:
        words = text[start:end].split()
        pieces += [" ".join(words[at : at + _PIECE]) for at in range(0, len(words), _PIECE)]
        start = end
    return pieces
