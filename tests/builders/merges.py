"""That two customers are one, or no longer, as ingest publishes it: once under each key."""

from typing import Any

from builders.events import CUSTOMER, event
from mandegar.events import Event
from mandegar.events.ingest import CustomerMerged, CustomerSplit


def merged(alias: str, root: str = CUSTOMER, version: int = 1, *, under: str = "", **more: Any) -> Event:
    """One record of a merge; ``erasures``, ``alias_erasures`` and ``root_erasure`` tell of erasures before it."""
    fields = ("erasures", "alias_erasures", "root_erasure")
    data = CustomerMerged(
        alias=alias, root=root, version=version, **{field: more.pop(field) for field in fields if field in more}
    )
    key = under or root
    return event("customer.merged", data, name=f"merged-{alias}-{root}-{version}-{key}", customer=key, **more)


def merges(alias: str, root: str, version: int = 1, **more: Any) -> list[Event]:
    """Both events of a merge, that under the alias's key first."""
    return [merged(alias, root, version, under=key, **more) for key in (alias, root)]


def split(alias: str, root: str = CUSTOMER, version: int = 2, **more: Any) -> Event:
    data = CustomerSplit(alias=alias, root=root, version=version)
    return event("customer.split", data, name=f"split-{alias}-{version}", customer=alias, **more)
