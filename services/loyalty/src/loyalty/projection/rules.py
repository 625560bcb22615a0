"""What a caller supposes, and how a projection with it differs from the one without."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from loyalty.domain.lines import Line, Lines
from loyalty.domain.money import billionths
from loyalty.domain.orders import PAID, Fact
from loyalty.domain.posting import Balance
from loyalty.domain.projection import Change
from mandegar.events.ingest import AMOUNT_MAX
from mandegar.quantities import NUMBER_FORM, decimal_of

# No order and no event of a shop is called so.
SUPPOSED: Final = "if\x1fpurchase"
CONDITION_MAX = 400
PURCHASE: Final = "purchase"
_NAMES = (PURCHASE, "category", "product", "channel", "branch")
_FORM = (
    "purchase:<amount>, in the currency of the shop, and as far as it matters category:<word>, product:<id>, "
    "channel:<word> and branch:<word>, separated by commas: purchase:2500000,category:shoes"
)


class InvalidCondition(ValueError):
    """A condition that supposes nothing that can be computed."""


class Purchase(NamedTuple):
    """An order that is paid at once; ``lines`` say of what and where, if that is supposed as well."""

    amount: Decimal
    lines: Lines | None = None

    def fact(self, at: int) -> Fact:
        """The payment."""
        return Fact(at, SUPPOSED, PAID, billionths(self.amount), at, lines=self.lines)


def condition_of(text: str, published: Callable[[str], str]) -> Purchase:
    """The condition in a text such as ``purchase:2500000,category:shoes``; raises ``InvalidCondition``.

    ``published`` gives the form in which events name a word of the shop.
    """
    words: dict[str, str] = {}
    for part in text.split(","):
        name, colon, value = part.partition(":")
        if name not in _NAMES or not colon:
            raise InvalidCondition(f"must be {_FORM}")
        if name in words:
            raise InvalidCondition(f"states {name} twice")
        if not value.strip() or any(character < " " for character in value):
            raise InvalidCondition(f"states no {name}")
        words[name] = value
    if PURCHASE not in words:
        raise InvalidCondition(f"must be {_FORM}")
    amount = _amount(words.pop(PURCHASE))
    return Purchase(amount, _lines(amount, {name: published(word) for name, word in words.items()}))


def _amount(text: str) -> Decimal:
    try:
        number = decimal_of(text)
    except ValueError:
        raise InvalidCondition(f"the amount of a purchase must have {NUMBER_FORM}") from None
    if not 0 < number <= AMOUNT_MAX:
        raise InvalidCondition(f"the amount of a purchase must be more than 0 and at most {AMOUNT_MAX:f}")
    return number


def _lines(amount: Decimal, words: Mapping[str, str]) -> Lines | None:
    """One line of the whole amount, if it is of a category or a product."""
    if not words:
        return None
    product, category = words.get("product", ""), words.get("category", "")
    items = (Line(product, billionths(amount), category),) if product or category else ()
    return Lines(items, words.get("channel", ""), words.get("branch", ""))


def with_counterparts(changes: Sequence[Change], others: Sequence[Change]) -> Iterator[tuple[Change, bool]]:
    """Each change, and whether the other projection has it too; what the balance is by then does not matter."""
    counts = Counter(map(_what, others))
    for change in changes:
        what = _what(change)
        counts[what] -= 1
        yield change, counts[what] >= 0


def _what(change: Change) -> Change:
    return change._replace(balance=Balance(), credit=None)
