"""What the parts of a process share: made once, complete, and handed to each of them."""

from dataclasses import dataclass
from typing import Generic

from typing_extensions import TypeVar

from mandegar.clock import Clock
from mandegar.database import Pool
from mandegar.service.settings import ServiceSettings
from mandegar.tokens import TokenVerifier
from mandegar.wakeup import Wakeup

Settings_co = TypeVar("Settings_co", bound=ServiceSettings, covariant=True, default=ServiceSettings)


@dataclass(frozen=True, kw_only=True)
class Context(Generic[Settings_co]):
    """The settings, clock, pools and wake-up calls of one process.

    ``worker`` sees every shop and looks rows up by key; ``web`` sees one shop a transaction (``as_shop``);
    ``reporting`` is ``web`` for what reads many rows at once: lists, counts, KPIs, histograms. A service that has more
    to share extends this class.
    """

    name: str
    settings: Settings_co
    clock: Clock
    worker: Pool
    web: Pool
    reporting: Pool
    tokens: TokenVerifier
    wake_relay: Wakeup
    wake_timer: Wakeup

    @property
    def identity_key(self) -> bytes:
        """The key of the hashes of guest ids."""
        return self.settings.identity_key.get_secret_value().encode()
