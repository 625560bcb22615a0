"""Why a command is not even decided about."""

from loyalty.till.command import refusal

UNKNOWN = refusal(
    404, "unknown_customer", "No such customer", "No event of this customer has been applied here, or they were erased"
)
REUSED = refusal(
    422,
    "idempotency_key_reused",
    "The Idempotency-Key belongs to another request",
    "Send each request under a key of its own; only its repetition has the same one",
)
NOT_READY = refusal(
    503,
    "account_not_ready",
    "The account is being brought up to date",
    "The customer has a long history that is computed at this moment; try again shortly",
)
TOO_LARGE = refusal(
    409,
    "account_too_large",
    "The account is too large for this",
    "Its rules ask for all that ever was (credit, limits, referrals that earn), which is more than a request can wait "
    "for; trying again does not help, other rules do",
)
