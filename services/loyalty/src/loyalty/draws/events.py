"""The events that loyalty publishes about draws, and the fact that a won one states."""

from datetime import datetime

from loyalty.domain.act_rules import DRAWN
from loyalty.domain.acts import key_of_act
from loyalty.domain.ids import NAME
from loyalty.domain.orders import ACTED, Fact
from loyalty.draws.rows import DrawRow
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.draws import DrawHeld, DrawWon
from mandegar.quantities import to_us


def held_event(row: DrawRow) -> Event:
    """``draw.held``, with all that is needed to check it."""
    data = DrawHeld(
        draw=row.draw,
        programme_version=row.programme_version,
        seed_hash=row.seed_hash,
        seed=row.seed,
        begin=row.begins_at,
        end=row.ends_at,
        held_at=row.held_at,
        entrants=tuple(row.entrants),
        winners=tuple(row.winners),
    )
    id_from = f"draw|{row.shop}|{row.draw}"
    return derived_event(
        NAME, "draw.held", data, about=row.shop, cause=Origin(), now=row.held_at, id_from=id_from, time=row.held_at
    )


def won_event(row: DrawRow, customer: CustomerKey, entrant: str, counts_at: datetime | None) -> Event:
    """``draw.won`` of one customer."""
    data = DrawWon(draw=row.draw, entrant=entrant, held_at=row.held_at, counts_at=counts_at)
    id_from = f"draw|{row.shop}|{row.draw}|{entrant}"
    return derived_event(
        NAME, "draw.won", data, about=customer, cause=Origin(), now=row.held_at, id_from=id_from, time=row.held_at
    )


def facts_won(event: Event) -> list[tuple[str, Fact]]:
    """The fact that a ``draw.won`` states, with the id under which it is kept: one person wins a draw once."""
    data = event.data
    name = data.draw.replace(":", "/")
    return [(key_of_act(DRAWN, f"{name}/won"), Fact(to_us(data.counts_at or data.held_at), str(event.id), ACTED, 0))]
