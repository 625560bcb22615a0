"""Numbers as people and their programs write them: in any digits, with separators, a point or a comma before fractions.

Which of the two stands there is said by whoever knows: ``1,234`` may be either.
"""

import re
from typing import Literal

from mandegar.events.addresses import ascii_digits

Mark = Literal[".", ","]

_SPACES = re.compile(r"[\s\u00a0\u202f'’٬_]")
_PLAIN = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
_GROUPED = {
    ".": re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
    ",": re.compile(r"[-+]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
}


def plain_number(text: str, mark: Mark) -> str | None:
    """The number as ASCII digits and a point, or None if the text is none: ``۱٬۲۳۴٫۵``, ``1.234,5``, ``1 234.5``."""
    digits = _SPACES.sub("", ascii_digits(text))
    if "٫" in digits:
        mark, digits = ".", digits.replace("٫", ".")
    if _GROUPED[mark].fullmatch(digits):
        digits = digits.replace("," if mark == "." else ".", "")
    elif mark == "," and "." in digits:
        return None
    plain = digits.replace(mark, ".")
    return plain.removeprefix("+") if _PLAIN.fullmatch(plain) else None
