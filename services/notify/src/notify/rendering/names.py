"""Names of customers and shops as messages show them, and texts in their place that are nobody's name."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

# Joiners within words; other characters for formatting are left out.
_JOINERS = frozenset("\u200c\u200d")
_NOT_SHOWN = frozenset({"Cf", "Cs", "Co"})
_DIGITS_MAX = 2
_SHORTEST = 2
# What is neither letter, mark nor digit separates the values that programs join: "null,null", "undefined_undefined".
_MARKS = re.compile(r"[\W_]+")
# What separated a name from what is left out. A full stop may shorten a word.
_SEPARATORS = " ,;:|/_-–—،؛"
_BETWEEN_WORDS = re.compile(r"[\s,;|/_-]+")

# Programs that join a first and a last name write one of these where they lack one of the two: "undefined محمدی".
_NO_VALUE = frozenset({"null", "none", "undefined", "نال"})
_NO_VALUE_AS_SPELLED = frozenset({"nan", "NaN", "n/a", "N/A"})
# Whoever the till or the shop calls so, with one of these words: "Walk-in customer", "POS User", "مشتری آنلاین".
_ROLES = frozenset({
    "customer", "user", "guest", "buyer", "client", "shopper", "member", "visitor", "مشتری", "کاربر", "خریدار", "مهمان",
})  # fmt: skip
_OF_ROLES = frozenset({
    "cash", "walk", "in", "walkin", "web", "website", "pos", "online", "offline", "retail", "wholesale", "store",
    "shop", "mobile", "app", "counter", "general", "generic", "internet", "new", "default", "no",
    "آنلاین", "اینترنتی", "فروشگاه", "سایت", "عمومی", "عادی", "نقدی", "حضوری",
})  # fmt: skip
_LETTER_FORMS = str.maketrans("يىكةأإ", "ییکهاا", "\u0640")
# Addresses, links, and the fields of a template that nobody filled: {{ name }}, ${name}, %name%, *|FNAME|*, [[name]].
_NO_PERSON = re.compile(
    r"@|://|(?<![^\W_])www\.|\.(?:com|net|org|info|ir|io|co|me|app|shop|store|site|online|xyz|ru|de|uk)(?![^\W_])"
    r"|\{\{|\{%|\$\{|#\{|\[\[|\*\||%\w+%|<%"
    r"|(?<![^\W_])(?:street|avenue|boulevard|apartment|خیابان|کوچه|پلاک|بلوار|بزرگراه)(?![^\W_])",
    re.IGNORECASE,
)


@cache
def _placeholders() -> frozenset[str]:
    lines = (files("notify") / "rendering" / "placeholders.txt").read_text(encoding="utf-8").splitlines()
    return _NO_VALUE.union(_letters(line) for line in lines if line and not line.startswith("#"))


def one_line(raw: str | None, longest: int) -> str:
    """A name in one line without control characters; its first word, or ``""``, if it is too long."""
    tidy = _tidy(raw)
    return next((text for text in (tidy, tidy.split(" ")[0]) if len(text) <= longest), "")


def of_a_person(raw: str | None, longest: int) -> str:
    """The name that greets a customer, in at most ``longest`` characters; ``""`` if ``raw`` is nobody's name."""
    tidy = _tidy(raw)
    if _NO_PERSON.search(tidy) or _digits(tidy) > _DIGITS_MAX or tidy[:1].isdigit():
        return ""
    words = " ".join(word for word in tidy.split(" ") if not _is_no_value(word))
    shown = one_line(words if words == tidy else words.strip(_SEPARATORS), longest)
    spelled = [letters for letters in map(_letters, _BETWEEN_WORDS.split(shown)) if letters]
    if _too_short("".join(spelled)) or _placeholders().issuperset(spelled) or "".join(spelled) in _placeholders():
        return ""
    if _ROLES.intersection(spelled) and (_ROLES | _OF_ROLES | _placeholders()).issuperset(spelled):
        return ""
    return shown


def _is_no_value(word: str) -> bool:
    only_punctuation = all(unicodedata.category(character).startswith("P") for character in word)
    if only_punctuation or word in _NO_VALUE_AS_SPELLED:
        return True
    parts = [part for part in _MARKS.split(word) if part]
    return bool(parts) and all(part in _NO_VALUE_AS_SPELLED or _letters(part) in _NO_VALUE for part in parts)


def _tidy(raw: str | None) -> str:
    shown = "".join(_shown(character) for character in raw or "")
    return " ".join(unicodedata.normalize("NFC", shown).split())


def _shown(character: str) -> str:
    if character in _JOINERS:
        return character
    category = unicodedata.category(character)
    return " " if category in ("Cc", "Zl", "Zp") else "" if category in _NOT_SHOWN else character


def _letters(text: str) -> str:
    """The letters of a text in one spelling: without case, vowel signs, joiners and Arabic forms of Persian letters."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTER_FORMS)
    return "".join(character for character in folded if character.isalpha())


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _too_short(letters: str) -> bool:
    """Whether this is no name: nothing, or one letter of an alphabet; a name of one ideograph is one."""
    return not letters or (letters.isascii() and (len(letters) < _SHORTEST or set(letters) == {"x"}))
