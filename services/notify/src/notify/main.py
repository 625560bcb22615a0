"""The composition root of notify: what it reads, what it serves, and what it does in the background."""

from mandegar.events import topic_of
from mandegar.run.runner import Service
from mandegar.service.context import Context
from mandegar.stream import Subscription
from notify.apply import TYPES, apply
from notify.channels.channel import Channel
from notify.channels.email.smtp import SmtpChannel
from notify.channels.sms.kavenegar import KavenegarChannel
from notify.contacts import routes as preferences
from notify.contacts import unsubscribe_routes
from notify.domain.consent import ChannelName
from notify.journeys.built_in import built_in
from notify.preview import routes as preview
from notify.rebuild.remember import REBUILD
from notify.sends import routes as messages
from notify.sends.worker import DeliveryWorker
from notify.settings import NotifySettings


async def delivery(context: Context) -> None:
    """Deliver until cancelled, with one connection per provider."""
    settings = context.settings
    assert isinstance(settings, NotifySettings)  # noqa: S101  the service below is run with these
    built_in()  # a journey that cannot be read stops the process before anything is claimed
    channels: dict[ChannelName, Channel] = {
        "email": SmtpChannel(settings.smtp_url.get_secret_value()),
        "sms": KavenegarChannel(settings.sms_url, settings.sms_api_key),
    }
    try:
        await DeliveryWorker(context, settings, channels).run()
    finally:
        for channel in channels.values():
            await channel.close()


SERVICE = Service(
    name="notify",
    routers=(messages.router, preferences.router, preview.router, unsubscribe_routes.router),
    subscriptions=(Subscription(topics=tuple(sorted({topic_of(type_) for type_ in TYPES})), types=TYPES, apply=apply),),
    background=(delivery,),
    settings=NotifySettings,
    rebuild=REBUILD,
)
