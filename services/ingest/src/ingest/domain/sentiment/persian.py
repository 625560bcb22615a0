"""Persian by rules and a small lexicon of our own: a verb that denies stands behind what it denies."""

import re
from math import sqrt
from typing import NamedTuple

from ingest.domain.sentiment.persian_words import (
    BEGINNINGS,
    CONTRAST,
    DENIED,
    EMOJI,
    PARTS_MAX,
    SAID,
    STRONGER,
    WEAKER,
    WEIGHTS,
    WITHOUT,
)

# Letters of Arabic keyboards and spellings; marks of vowels and the stretching line, which say nothing.
_LETTERS = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ئ": "ی",
        "ك": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "أ": "ا",
        "إ": "ا",
        "ٱ": "ا",
        "ؤ": "و",
        "ھ": "ه",
        "ہ": "ه",
    }
    | dict.fromkeys("ًٌٍَُِّْٰـٔ", "")
)
# Half-spaces join what they stand between.
_JOINERS = re.compile("[\u200c\u200d\u00ad]")
_REPEATED = re.compile(r"(\w)\1{2,}")
_TOKEN = re.compile(r"[\u0621-\u063a\u0641-\u064a\u066e-\u06d3]+|[.!?؟؛،,:\n\r()]+|[^\w\s]")
_ENDS_CLAUSE = frozenset(".!?؟؛،,:\n\r()")
# Beginnings of verbs that deny, and the two words that are such by themselves. ``ن`` alone begins too many nouns.
_DENYING = re.compile(
    "نیست|نبود|نباش|نشد|نشه|نشو(?!ن)|نمی|نکرد|نکن|ندار|نداشت|نداد|ندین|ندید|نخور|نخواه|نخواست|نرفت|نگرفت|نگفت|نزد(?!ی)|"
    "نموند|نماند|نیومد|نیامد|نیاورد|نرسید|نفرستاد|نبرد|نتونست|نتوانست|نده|ندیم|ندن"
)
_NOT_DENYING = frozenset(("نمیدونم", "نمیدانم"))
# Stands apart in front of its verb.
_PREFIXES = frozenset(("می", "نمی", "بی", "نا"))
# What did not come, and what was not done, is a complaint by itself.
_COMING = frozenset(("نیومد", "نیامد", "نرسید", "نفرستاد", "نیاورد"))
_NOT_COME, _NOT_DONE = -1.5, -0.6
# So many words a verb may stand behind what it denies.
_REACH = 5
_NOWHERE = -1
_FLIP_OF_PRAISE, _FLIP_OF_COMPLAINT = -0.8, -0.5
_BEFORE_CONTRAST, _BEHIND_CONTRAST = 0.5, 1.3
# What counts of praise that is asked for, and not given.
_ASKED = 0.3
_SPREAD = 10.0


class _Term(NamedTuple):
    place: int
    weight: float
    only_denied: bool = False


def plain(text: str) -> str:
    """The text in one spelling: of letters, half-spaces, and letters that are drawn out."""
    return _REPEATED.sub(r"\1", _JOINERS.sub("", text.translate(_LETTERS)))


def of_emoji(text: str) -> float | None:
    """The number of a text that has no words; None if nothing in it says anything."""
    weights = [EMOJI[sign] for sign in text if sign in EMOJI]
    return _squeezed(sum(weights)) if weights else None


def sentiment(text: str) -> float:
    """From -1 to 1; 0 if no word of the lexicon is in it."""
    total = 0.0
    signs = 0.0
    clause: list[str] = []
    clauses: list[tuple[list[str], str]] = []
    for token in _TOKEN.findall(plain(text)):
        if token[0] in _ENDS_CLAUSE:
            clauses.append((clause, token))
            clause = []
        elif token in EMOJI:
            signs += EMOJI[token]
        else:
            if len(clause) > 0 and clause[-1] in _PREFIXES:
                token = clause.pop() + token
            clause.append(token)
    clauses.append((clause, ""))
    behind = 1.0
    for words, end in clauses:
        for part, contrasts in _at_contrasts(words):
            if contrasts:
                total, behind = total * _BEFORE_CONTRAST, _BEHIND_CONTRAST
            value = _of_clause(part)
            asked = value > 0 and ("؟" in end or "?" in end)
            total += value * behind * (_ASKED if asked else 1.0)
    return _squeezed(total + signs)


def _at_contrasts(words: list[str]) -> list[tuple[list[str], bool]]:
    """The parts of a clause between words such as but, and whether one stands in front of each."""
    parts: list[tuple[list[str], bool]] = [([], False)]
    for word in words:
        if word in CONTRAST:
            parts.append(([], True))
        else:
            parts[-1][0].append(word)
    return parts


def _of_clause(words: list[str]) -> float:
    terms, denying = _terms(words)
    said = [place for place, word in enumerate(words) if word in SAID]
    denied: set[int] = set()
    alone = 0.0
    for verb, weight in denying:
        since = max([verb - _REACH, *(place for place in said if place < verb)])
        near = [term for term in terms if since <= term.place < verb and term.place not in denied]
        if not near:
            alone += weight
            continue
        denied.add(near[-1].place)
        if near[-1].only_denied and len(near) > 1 and near[-1].place - near[-2].place == 1 and near[-2].weight > 0:
            denied.add(near[-2].place)
    return alone + sum(_weight(term, denied=term.place in denied) for term in terms)


def _weight(term: _Term, *, denied: bool) -> float:
    if term.only_denied:
        return term.weight if denied else 0.0
    if not denied:
        return term.weight
    return term.weight * (_FLIP_OF_PRAISE if term.weight > 0 else _FLIP_OF_COMPLAINT)


def _terms(words: list[str]) -> tuple[list[_Term], list[tuple[int, float]]]:
    """The words that say something, with what stands before them taken in, and the verbs that deny.

    Of each verb the place, and what it says where it denies nothing that is known.
    """
    terms: list[_Term] = []
    denying: list[tuple[int, float]] = []
    strength, without = 1.0, _NOWHERE
    at = 0
    while at < len(words):
        length, weight = _joined(words, at)
        word = words[at]
        if weight is not None:
            if at <= without:
                weight *= _FLIP_OF_PRAISE if weight > 0 else _FLIP_OF_COMPLAINT
            terms.append(_Term(at, weight * strength))
            strength, without = 1.0, _NOWHERE
        elif word[0] == "ن" and (verb := _DENYING.match(word)) and word not in _NOT_DENYING:
            denying.append((at, _NOT_COME if verb.group() in _COMING else _NOT_DONE))
        elif word in STRONGER:
            strength, without = 1.4, without + (at == without)
        elif word in WEAKER:
            strength, without = 0.6, without + (at == without)
        elif word in WITHOUT:
            without = at + 1
        elif word in DENIED:
            terms.append(_Term(at, DENIED[word], only_denied=True))
        at += length
    return terms, denying


def _joined(words: list[str], at: int) -> tuple[int, float | None]:
    """How many words at a place are one word of the lexicon, and its weight; one, and None, if they are none of it."""
    if words[at] in BEGINNINGS:
        for length in range(min(PARTS_MAX, len(words) - at), 1, -1):
            weight = WEIGHTS.get("".join(words[at : at + length]))
            if weight is not None:
                return length, weight
    return 1, WEIGHTS.get(words[at])


def _squeezed(total: float) -> float:
    return total / sqrt(total * total + _SPREAD)
