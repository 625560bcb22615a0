"""Tables and messages of the handler that a team would write."""

from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import BigInteger
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the handler."""


class Inbox(Base):
    """Events that were handled."""

    __tablename__ = "inbox"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class Balance(Base):
    """Points of a customer."""

    __tablename__ = "balances"
    customer_id: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)


class Ledger(Base):
    """What each event gave."""

    __tablename__ = "ledger"
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID]
    customer_id: Mapped[str]
    points: Mapped[int] = mapped_column(BigInteger)


class EventIn(BaseModel):
    """What is read of an event."""

    id: UUID
    type: str
    shop: str
    customerid: str | None = None


class PointGiven(BaseModel):
    """What is published."""

    event_id: UUID
    customer_id: str
    points: int
