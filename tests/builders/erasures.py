"""That nothing of a customer may be kept, or that they may come again, as ingest publishes it under one key."""

from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from builders.events import CUSTOMER, event
from mandegar.events import Event
from mandegar.events.contacts import ContactErased
from mandegar.events.ingest import CustomerErased, CustomerReadmitted


def erasure_id(number: int = 1) -> UUID:
    return uuid5(NAMESPACE_OID, f"erasure-{number}")


def erased(customer: str = CUSTOMER, version: int = 1, *, number: int = 1, days: float = 0.1, **more: Any) -> Event:
    """One key of the erasure ``number`` of a person, who has ``ids`` ids."""
    fields = ("ids", "keep_books", "profile_version")
    told = {field: more.pop(field) for field in fields if field in more}
    data = CustomerErased(erasure_id=erasure_id(number), version=version, **told)
    return event("customer.erased", data, name=f"erased-{customer}-{version}", customer=customer, days=days, **more)


def readmitted(customer: str = CUSTOMER, version: int = 2, *, number: int = 1, days: float = 0.2, **more: Any) -> Event:
    data = CustomerReadmitted(erasure_id=erasure_id(number), version=version)
    name = f"readmitted-{customer}-{version}"
    return event("customer.readmitted", data, name=name, customer=customer, days=days, **more)


def contact_erased(customer: str = CUSTOMER, **more: Any) -> Event:
    """A tombstone of ``ingest.contacts``."""
    return event("contact.erased", ContactErased(), customer=customer, **more)
