"""One call of a provider. Whatever it raises is the outcome of this call, and never an error of its caller."""

from uuid import UUID

from mandegar.telemetry.logging import logger
from notify.channels.channel import Channel, Outcome, Outgoing
from notify.sends import metrics

log = logger(__name__)


async def hand_over(channel: Channel, message: Outgoing) -> Outcome:
    """Call the provider once; ``unknown`` if the call raises, because the provider may have the message."""
    try:
        return await channel.send(message)
    except Exception as error:  # noqa: BLE001  one send fails alone
        _failed("send", message.send_id, error)
        return Outcome("unknown", "channel_failed", fault="send")


async def look_up(channel: Channel, send_id: UUID) -> Outcome | None:
    """Ask the provider about a send; None, as if it could not tell, if the call raises."""
    try:
        return await channel.lookup(send_id)
    except Exception as error:  # noqa: BLE001  one look-up fails alone
        _failed("look_up", send_id, error)
        return None


def _failed(step: str, send_id: UUID, error: Exception) -> None:
    # without text and traceback: they may quote an address
    log.error("channel_failed", step=step, send_id=str(send_id), error=type(error).__name__)
    metrics.SENDS_FAILED.labels(step, type(error).__name__).inc()
