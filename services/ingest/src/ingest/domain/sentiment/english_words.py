"""Words of shops and parcels that the lexicon of VADER lacks, with weights on its scale, from -4 to 4."""

from types import MappingProxyType

WEIGHTS: MappingProxyType[str, float] = MappingProxyType(
    {
        **dict.fromkeys(
            ("works", "working", "work", "worked", "fits", "quick", "quickly", "fast", "prompt", "promptly"), 0.9
        ),
        **dict.fromkeys(("comfy", "sturdy", "tasty", "flawless", "flawlessly", "durable", "helpful"), 1.9),
        **dict.fromkeys(
            ("late", "slow", "slowly", "missing", "scratched", "dented", "overpriced", "expired", "stale"), -1.5
        ),
        **dict.fromkeys(
            ("refund", "refunded", "unanswered", "waiting", "leaking", "leaks", "stained", "stopped"), -1.2
        ),
        **dict.fromkeys(("defective", "faulty", "counterfeit", "unusable", "unresponsive", "torn", "shattered"), -2.2),
        **dict.fromkeys(("complaint", "complain", "apology", "excuses", "flimsy", "wrong"), -1.6),
    }
)
