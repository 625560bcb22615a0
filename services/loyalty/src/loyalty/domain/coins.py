"""The smallest coin of a currency: what nobody pays, gives or gets back a fraction of.

By ISO 4217, but of the rial, whose coins have no hundredths any more. The ledger has thousandths of any currency, so of
the few with smaller coins a thousandth counts as one.
"""

_WHOLE = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "IRR", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"}
    | {"XOF", "XPF"}
)
_THOUSANDTHS = frozenset({"BHD", "CLF", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "UYW"})


def coin_of(currency: str) -> int:
    """The smallest coin of a currency, in thousandths: 1000 for IRR, 10 for EUR."""
    if currency in _WHOLE:
        return 1_000
    return 1 if currency in _THOUSANDTHS else 10
