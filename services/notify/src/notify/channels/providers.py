"""The providers that the settings name."""

from collections.abc import Mapping

from notify.channels.channel import Channel
from notify.channels.email.smtp import SmtpChannel
from notify.channels.sms.kavenegar import KavenegarChannel
from notify.domain.consent import ChannelName
from notify.settings import NotifySettings


def providers_of(settings: NotifySettings) -> Mapping[ChannelName, Channel]:
    """One provider per channel; each keeps its connections until it is closed."""
    return {
        "email": SmtpChannel(
            settings.smtp_url.get_secret_value(),
            ca_file=settings.smtp_ca_file,
            connections=settings.delivery_concurrency,
        ),
        "sms": KavenegarChannel(settings.sms_url, settings.sms_api_key),
    }
