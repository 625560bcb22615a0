"""The proof that a browser speaks for a customer: an HMAC that only the shop's server can compute."""

import hmac
from collections.abc import Iterable
from hashlib import sha256

from ingest.domain.forms import CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Source
from mandegar.events.identity import ANONYMOUS_PREFIX


def visitor_proof(customer_id: str, secret: str) -> str:
    """The proof for a customer, as the shop's server computes it."""
    return hmac.new(secret.encode(), customer_id.encode(), sha256).hexdigest()


def is_proven(customer: CustomerForm | None, source: Source) -> bool:
    """Whether the shop proves that the visitor is the customer; raises ``Refused`` for a wrong proof."""
    if customer is None or customer.proof is None or customer.id is None:
        return False
    if not _matches(str(customer.id), customer.proof, source.visitor_secrets):
        raise Refused("visitor_unproven", "customer.proof is not the HMAC-SHA256 of customer.id under a live secret")
    return True


def require_visitor(customer_id: str, source: Source, *, proven: bool) -> None:
    """Raise ``Refused`` if a browser speaks for a customer who is more than an anonymous visitor, without a proof.

    Decided by the canonical id: an anonymous id that is a mail address is that of a known guest.
    """
    if proven or source.visitor_proof == "off" or customer_id.startswith(ANONYMOUS_PREFIX):
        return
    raise Refused("visitor_unproven", "a browser source names a known customer only with customer.proof")


def _matches(customer_id: str, proof: str, secrets: Iterable[str]) -> bool:
    try:
        return any(hmac.compare_digest(visitor_proof(customer_id, secret), proof) for secret in secrets)
    except (TypeError, UnicodeEncodeError):  # not ASCII, or lone surrogates
        return False
