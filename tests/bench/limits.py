"""Settings with which no rate limit takes part in a measurement."""

_KINDS = ("SOURCE_EVENTS", "SOURCE_BYTES", "SHOP_EVENTS", "SHOP_BYTES", "TOKEN_REQUESTS")

UNLIMITED = {f"MANDEGAR_{kind}_PER_SECOND": "1000000000" for kind in _KINDS}
