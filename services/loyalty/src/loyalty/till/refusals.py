"""Why a command is not even decided about."""

from loyalty.till.command import refusal

UNKNOWN = refusal(
    404, "unknown_customer", "No such customer", "Loyalty has applied no event of this customer, or they were erased"
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
    "The rules of the shop need its whole history (credit, limits, referrals), which takes longer than a request can "
    "wait. Trying again does not help; other rules do",
)
