"""The composition root of notify: what it reads, what it serves, and what it does in the background."""

from mandegar.service.context import Context
from mandegar.service.parts import Part, Service
from mandegar.stream import on
from notify.apply import TYPES, apply
from notify.channels.channel import Channel
from notify.channels.email.smtp import SmtpChannel
from notify.channels.sms.kavenegar import KavenegarChannel
from notify.contacts import routes as preferences
from notify.contacts import unsubscribe_routes
from notify.domain.consent import ChannelName
from notify.journeys import routes as journeys
from notify.preview import routes as preview
from notify.rebuild.remember import REBUILD
from notify.sends import routes as messages
from notify.sends.invariants import INVARIANTS, broken_caps_and_ids
from notify.sends.worker import DeliveryWorker
from notify.settings import NotifySettings


async def delivery(context: Context[NotifySettings]) -> None:
    """Deliver until cancelled, with one connection per provider."""
    settings = context.settings
    channels: dict[ChannelName, Channel] = {
        "email": SmtpChannel(settings.smtp_url.get_secret_value()),
        "sms": KavenegarChannel(settings.sms_url, settings.sms_api_key),
    }
    try:
        await DeliveryWorker(context, channels).run()
    finally:
        for channel in channels.values():
            await channel.close()


SENDS = Part[NotifySettings](
    routers=(messages.router, preferences.router, journeys.router, preview.router, unsubscribe_routes.router),
    reads=(on(TYPES, apply),),
    rebuild=REBUILD,
    background=(delivery,),
    invariants=INVARIANTS,
    checks=(broken_caps_and_ids,),
)

SERVICE = Service(name="notify", parts=(SENDS,), settings=NotifySettings)
