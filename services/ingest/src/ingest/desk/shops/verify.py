"""Verifying the sender of a shop's mail by a record in the DNS of its domain."""

from ingest.context import IngestContext
from ingest.desk.shop_id import settings_of
from ingest.desk.shops.schemas import DnsRecord, Sender
from ingest.domain.senders import SenderRecord, domain_of, domain_set, sender_record
from ingest.sources.events import publish_shop
from ingest.sources.sender_dns import DnsUnavailable
from ingest.sources.shop_rows import lock_shop
from mandegar.database import Act, as_shop, transaction_of
from mandegar.events.ingest import ShopUpdated
from mandegar.shops import Shop
from mandegar.web import Problem


async def sender_of(context: IngestContext, shop: str) -> Sender:
    """The sender of a shop's mail with its record; raises ``Problem`` 404 or 409."""
    async with as_shop(context.web, shop) as connection:
        settings = await settings_of(connection, shop)
    domain = domain_of(settings.sender_email)
    if domain is None:
        raise Problem(409, "bad_sender", "The sender address is not a mail address: change the settings of the shop")
    record = sender_record(shop, domain, context.identity_key)
    return Sender(
        sender_email=settings.sender_email,
        domain=domain,
        verified=settings.sender_verified,
        record=DnsRecord(name=record.name, value=record.value),
    )


async def verify_sender(context: IngestContext, act: Act, shop: str) -> Sender:
    """Look the record up and, if it is there, publish that the sender is verified; nothing happens if it was before.

    Raises ``Problem`` 409 if the record is missing or the sender was changed meanwhile, 503 if DNS did not answer.
    """
    sender = await sender_of(context, shop)
    if not sender.verified and sender.domain not in domain_set(context.settings.verified_domains):
        await _require_record(context, SenderRecord(sender.record.name, sender.record.value))
    now = context.clock.now()
    async with transaction_of(act, context.worker) as connection:
        before = await lock_shop(connection, shop)
        if before is None or domain_of(before.sender_email) != sender.domain:
            raise Problem(409, "sender_changed", "The sender was changed meanwhile: get its record and verify again")
        if not before.sender_verified:
            await publish_shop(connection, shop, _verified(before), now, context.settings.partitions)
    context.wake_relay()
    return sender.model_copy(update={"verified": True, "sender_email": before.sender_email})


async def _require_record(context: IngestContext, record: SenderRecord) -> None:
    try:
        found = await context.dns.has(record)
    except DnsUnavailable as error:
        raise Problem(503, "dns_unavailable", "The DNS servers did not answer", "Try again in a minute") from error
    if not found:
        raise Problem(
            409,
            "record_missing",
            "The domain does not have the record of this shop",
            f"Add a TXT record {record.name} with the text {record.value}. A new record may take an hour to be seen.",
        )


def _verified(shop: Shop) -> ShopUpdated:
    settings = shop._asdict()
    del settings["shop"]
    changes = {"version": shop.version + 1, "origins": tuple(shop.origins), "sender_verified": True}
    return ShopUpdated(**(settings | changes))
