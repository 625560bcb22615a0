"""The bodies of requests and answers of simulations."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from loyalty.domain.money import credit_text, stated
from loyalty.domain.opening import brought_lot
from loyalty.domain.posting import Balance, Entry
from loyalty.domain.units import is_credit
from loyalty.programme.document import AMOUNT_MAX
from loyalty.simulation.simulate import SUPPOSED, Simulated
from mandegar.events.identity import opaque_word
from mandegar.events.ingest import Item, OrderSnapshot
from mandegar.quantities import from_us, to_us
from mandegar.shops import Shop

AT_MIN, AT_MAX = datetime(1971, 1, 1, tzinfo=UTC), datetime(2500, 1, 1, tzinfo=UTC)
ITEMS_MAX = 500
DOCUMENT_CHARS_MAX = 65_536
Money = Annotated[Decimal, BeforeValidator(stated), Field(ge=0, le=AMOUNT_MAX)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class Line(BaseModel):
    """One line of the cart, as an order has it."""

    model_config = ConfigDict(extra="forbid")

    product_id: Id
    quantity: Money = Decimal(1)
    unit_price: Money | None = None
    category: Id | None = None
    gift_card: bool = False


class Cart(BaseModel):
    """An order that would be paid."""

    model_config = ConfigDict(extra="forbid")

    total: Money = Field(description="What the customer would pay, in the currency of the shop")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = Field(
        default=None, description="The currency of the shop, which is also the default"
    )
    items: Annotated[list[Line], Field(max_length=ITEMS_MAX)] = []
    channel: Id | None = None
    branch: Id | None = None
    shipping: Money | None = None
    tax: Money | None = None
    gift_cards: Money | None = None
    discount: Money | None = None

    def snapshot(self, shop: Shop, at: datetime, key: bytes) -> OrderSnapshot:
        """The order as ingest would publish it: words that are no ids are published as hashes."""

        def published(word: str | None) -> str | None:
            return None if word is None else opaque_word(word, shop=shop.shop, key=key)

        items = [
            Item(
                product_id=published(line.product_id) or "",
                quantity=line.quantity,
                unit_price=line.unit_price,
                category=published(line.category),
                gift_card=line.gift_card,
            )
            for line in self.items
        ]
        return OrderSnapshot(
            order_id=SUPPOSED,
            currency=shop.currency,
            total=self.total,
            version=to_us(at),
            items=tuple(items),
            channel=published(self.channel),
            branch=published(self.branch),
            shipping=self.shipping,
            tax=self.tax,
            gift_cards=self.gift_cards,
            discount=self.discount,
        )


class SimulationRequest(BaseModel):
    """An order, for a customer or for somebody of whom nothing is known."""

    model_config = ConfigDict(extra="forbid")

    order: Cart
    customer_id: Id | None = Field(default=None, description="Without it: a customer without orders")
    at: AwareDatetime | None = Field(
        default=None, ge=AT_MIN, le=AT_MAX, description="When the order would be paid; defaults to now"
    )
    document: Annotated[str, Field(min_length=1, max_length=DOCUMENT_CHARS_MAX)] | None = Field(
        default=None,
        description="The YAML text of a programme that is not stored: it is in force from the payment on, and the "
        "versions of the shop are until then",
    )


class SimulatedEffect(BaseModel):
    """An entry that the order would post to the ledger."""

    kind: str
    points: int
    at: datetime
    order_id: str | None = Field(
        description="The order of the entry; null: the simulated order, or points that were brought along"
    )


class Points(BaseModel):
    """Points at an instant."""

    available: int
    pending: int
    held: int
    debt: int
    lifetime: int


class Why(BaseModel):
    """Why the order gives no points."""

    code: str
    detail: str


class SimulationAnswer(BaseModel):
    """What the order would change at the moment at which loyalty applies it."""

    customer_id: str | None
    at: datetime = Field(description="When the order is paid")
    programme_version: int | None = Field(
        description="The version under which the order earns; null: the document of the request"
    )
    points: int = Field(description="Points that the order gives")
    rules: dict[str, int] | None = Field(description="Points by rule, under a programme that has rules")
    usable_at: datetime | None
    expires_at: datetime | None = Field(description="Null: they do not expire")
    earning_tier: str = Field(description="The tier just before the order, whose multiplier it gets")
    tier_before: str
    tier_after: str
    balance_before: Points
    balance_after: Points
    effects: list[SimulatedEffect] = Field(description="What would be posted because of the order, in order of time")
    no_longer: list[SimulatedEffect] = Field(description="What would be posted without the order, and not with it")
    why_none: Why | None = Field(description="Why the order gives no points; null if it gives some")
    credit: str | None = Field(None, description="Credit that the order gives, as decimal text; null: none")


def simulation_fields(found: Simulated, customer_id: str | None, at: int, *, is_stored: bool) -> dict[str, Any]:
    """The fields of ``SimulationAnswer``."""
    lot, programme = found.lot, found.programme
    given = 0 if lot is None else lot.given
    tier = 0 if lot is None else lot.tier
    return {
        "customer_id": customer_id,
        "at": from_us(at),
        "programme_version": programme.version if is_stored else None,
        "points": given,
        "rules": None if lot is None or lot.purchase is None else dict(lot.purchase.by_rule),
        "usable_at": from_us(lot.active_at) if lot is not None and given else None,
        "expires_at": from_us(lot.expires_at) if lot is not None and given and lot.expires_at is not None else None,
        "earning_tier": programme.tiers[tier].name,
        "tier_before": found.untouched.tier,
        "tier_after": found.settled.tier,
        "balance_before": _balance(found.untouched.balance),
        "balance_after": _balance(found.settled.balance),
        "effects": list(_effects(found.added)),
        "no_longer": list(_effects(found.gone)),
        "why_none": None if given else _why(found, tier),
        "credit": credit_text(lot.credit.given) if lot is not None and lot.credit is not None else None,
    }


def _why(found: Simulated, tier: int) -> dict[str, str]:
    programme = found.programme
    if programme.cut is not None and programme.effective_from < programme.cut:
        return {
            "code": "before_points_from",
            "detail": f"Orders that are paid before {from_us(programme.cut).isoformat()} earn no points in this shop",
        }
    if programme.earning is not None:
        return {"code": "no_rule", "detail": "No rule gives a point for this order at this time"}
    if not programme.points_due(10**9 * 10**15, tier):
        name = programme.tiers[tier].name
        return {"code": "earns_nothing", "detail": f"Under this programme no order earns points in the tier {name}"}
    return {"code": "too_small", "detail": "The order is worth less than one point"}


def _effects(entries: Iterable[Entry]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        if is_credit(entry.order_id):
            continue
        is_named = entry.order_id != SUPPOSED and brought_lot(entry.order_id) is None
        yield {
            "kind": entry.key[0],
            "points": entry.points,
            "at": from_us(entry.at),
            "order_id": entry.order_id if is_named else None,
        }


def _balance(balance: Balance) -> dict[str, int]:
    return balance._asdict()
