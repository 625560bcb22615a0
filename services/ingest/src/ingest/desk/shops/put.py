"""Creating a shop, or changing its settings."""

from ingest.desk.shops.schemas import Shop, ShopSettings
from ingest.domain.senders import domain_of, domain_set
from ingest.hallway.rows.history import any_event
from ingest.settings import IngestSettings
from ingest.sources.events import publish_shop
from ingest.sources.shop_rows import lock_shop
from mandegar.database import Act, transaction_of
from mandegar.events.ingest import ShopUpdated
from mandegar.service.context import Context
from mandegar.web import Problem


async def put_shop(
    context: Context[IngestSettings], act: Act, shop: str, wanted: ShopSettings, *, by_operator: bool
) -> Shop:
    """Write the settings and publish them to every partition; nothing happens if they are the current ones.

    A sender address on another domain must be verified before mail goes out under it.
    Raises ``Problem`` 409 if the currency of a shop with events would change, or how its ids are published, and if
    anybody but the operator would change the line of its SMS: it may be another shop's.
    """
    now, settings = context.clock.now(), wanted.model_dump()
    async with transaction_of(act, context.worker) as connection:
        before = await lock_shop(connection, shop)
        if wanted.customer_ids is None:
            settings["customer_ids"] = "pseudonyms" if before is None else before.customer_ids
        if "points_from" not in wanted.model_fields_set:
            settings["points_from"] = None if before is None else before.points_from
        line = "" if before is None else before.sms_sender
        if wanted.sms_sender is None:
            settings["sms_sender"] = line
        if settings["sms_sender"] != line and not by_operator:
            raise Problem(
                409,
                "sms_sender_by_operator",
                "Only the operator assigns the line of a shop's SMS",
                "Leave sms_sender out, and ask for a request with a token for all shops (*)",
            )
        domain = domain_of(wanted.sender_email)
        settings["sender_verified"] = domain in domain_set(context.settings.verified_domains) or (
            before is not None and before.sender_verified and domain == domain_of(before.sender_email)
        )
        if before is not None:
            if all(getattr(before, field) == value for field, value in settings.items()):
                return Shop(**before._asdict())
            if before.currency != wanted.currency and await any_event(connection, shop):
                raise Problem(409, "currency_fixed", "The currency cannot be changed: the shop already has events")
            if before.customer_ids != settings["customer_ids"] and await any_event(connection, shop):
                raise Problem(
                    409,
                    "customer_ids_fixed",
                    "How ids are published cannot be changed: the shop already has events",
                    "Everybody would become a second customer. Leave customer_ids out, or use a new shop",
                )
        version = 1 if before is None else before.version + 1
        data = ShopUpdated(version=version, **{**settings, "origins": tuple(wanted.origins)})
        await publish_shop(connection, shop, data, now, context.settings.partitions)
    context.wake_relay()
    return Shop(shop=shop, version=data.version, **settings)
