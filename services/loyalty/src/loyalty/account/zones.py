"""The calendars of shops, for rooms that tell days apart and do not ask for programmes."""

from loyalty.programme.rows import zones_of_shops

__all__ = ["zones_of_shops"]
