"""Words of an event as the other services receive them: short codes, coupons, labels."""

import re

from ingest.domain import forms
from ingest.domain.pseudonyms import Pseudonyms
from mandegar.events.written import is_written, plain_id

COUPON_MAX = 100
LABEL_MAX = 200
_CODE = re.compile(r"[\w.:/-]{1,100}")


def code(value: forms.Name | None, field: str, names: Pseudonyms, left_out: list[str]) -> str | None:
    """The pseudonym of a short code, None for another text: a sentence is of no use to anybody as a hash."""
    text = "" if value is None else str(value)
    if not text or _CODE.fullmatch(text):
        return names.word(text) if text else None
    left_out.append(field)
    return None


def coupon(word: forms.Name, names: Pseudonyms, left_out: list[str]) -> str | None:
    """The pseudonym of a coupon's code, in any script, but one word."""
    text = str(word)
    if len(plain_id(text).split()) < 2:
        return label(text, "data.coupons", names, left_out, longest=COUPON_MAX)
    left_out.append("data.coupons")
    return None


def label(
    text: forms.Name | None, field: str, names: Pseudonyms, left_out: list[str], *, longest: int = LABEL_MAX
) -> str | None:
    """The pseudonym of what can be seen of a line; None if it is absent or unusable, as ``left_out`` then says."""
    word = "" if text is None else plain_id(str(text))
    if not word:
        return None
    if len(word) > longest or not is_written(word):
        left_out.append(field)
        return None
    return names.word(word)
