"""Words by which rules name things of the shop: products, categories, channels, branches."""

from collections.abc import Callable, Mapping
from hashlib import blake2s
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo

from mandegar.events.identity import is_opaque
from mandegar.events.written import is_written, spellings, trimmed

# Gives the form in which a word of the shop is published: itself if it looks like an id, else its hash.
Published: TypeAlias = Callable[[str], str]

_WORD_MAX = 200


class Forms(NamedTuple):
    """How events name the words of a document: ``published`` those that it has, ``spelt`` their other spellings.

    A document that was stored before spellings were compared has none of them, and keeps its meaning.
    """

    published: Published
    spelt: Callable[[str], str | None]


def forms_of(words: Mapping[str, str], document: str) -> Forms:
    """The forms of a document by the stored words of its shop: other spellings stand there for this document alone."""
    mark = mark_of(document)
    return Forms(lambda word: words.get(word, word), lambda spelling: words.get(mark + spelling))


def mark_of(document: str) -> str:
    """What stands before another spelling of a word where words are stored; no word has a line break."""
    return blake2s(document.encode(), digest_size=8).hexdigest() + "\n"


def as_written(word: str) -> str:
    """The word itself: of no shop, whose key would be needed."""
    return word


def one_line(text: str) -> str:
    """The text itself; raises ``ValueError`` if it has control characters or line breaks."""
    if not is_written(text):
        raise ValueError("must be one line, without control characters")
    return text


def _published(word: str, info: ValidationInfo) -> str:
    published: Published = (info.context or {}).get("published", as_written)
    return published(trimmed(word))


def _is_id(name: str) -> str:
    if not is_opaque(name):
        raise ValueError("must have 1 to 40 letters of ASCII, digits, - and _, and no nine digits in a row")
    return name


def _spellings(word: str, info: ValidationInfo) -> tuple[str, ...]:
    """As the word is published in any of its spellings: who writes an order may have another keyboard."""
    published: Published = (info.context or {}).get("published", as_written)
    spelt: Callable[[str], str | None] = (info.context or {}).get("spelt", published)
    own, *others = spellings(word)
    return tuple(dict.fromkeys([published(own), *filter(None, map(spelt, others))]))


def _all(words: list[tuple[str, ...]]) -> list[str]:
    return [spelling for word in words for spelling in word]


class Member(NamedTuple):
    """A word of the shop as it is published, in other spellings as well, and as the shop wrote it."""

    published: str
    written: str
    others: tuple[str, ...] = ()


def _member(value: Any, info: ValidationInfo) -> Member:
    if not isinstance(value, str) or not 1 <= len(trimmed(value)) <= _WORD_MAX:
        raise ValueError(f"must be a text of 1 to {_WORD_MAX} characters")
    first, *others = _spellings(value, info)
    return Member(first, trimmed(value), tuple(others))


Members: TypeAlias = Annotated[
    list[Annotated[Member, PlainValidator(_member)]], Field(min_length=1, max_length=_WORD_MAX)
]
Word: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_published)]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S"), AfterValidator(one_line)]
_Spelt: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_spellings)]
Words: TypeAlias = Annotated[list[_Spelt], Field(min_length=1, max_length=200), AfterValidator(_all)]
RuleName: TypeAlias = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_is_id)]
