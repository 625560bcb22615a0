"""The context of a process: settings, clock and pools, created once at start-up and passed to every part."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic

from typing_extensions import TypeVar

from mandegar.clock import Clock
from mandegar.database import Pool
from mandegar.service.id_forms import IdForms
from mandegar.service.replica import Replica
from mandegar.service.settings import ServiceSettings
from mandegar.tokens import TokenVerifier
from mandegar.wakeup import Wakeup

Settings_co = TypeVar("Settings_co", bound=ServiceSettings, covariant=True, default=ServiceSettings)


@dataclass(frozen=True, kw_only=True)
class Context(Generic[Settings_co]):
    """What the parts of one process share. Services may extend this class.

    ``worker`` is the pool of the worker role, which sees the rows of all shops, for reads by key. ``web`` is that of
    the web role, which sees one shop per transaction (``as_shop``). ``reporting`` has the same role, for queries that
    read many rows: lists, counts, KPIs, histograms. ``wake_relay``, ``wake_timer`` and ``wake_beside`` end the sleep of
    those tasks.
    ``replica`` is the read-only copy of the database, if the settings name one (``reads.read_as_of``).
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
    wake_beside: Wakeup = field(default_factory=Wakeup)
    replica: Replica | None = None

    @cached_property
    def id_forms(self) -> IdForms:
        """How the ids of customers are stored."""
        return IdForms(self.worker, self.identity_key)

    @property
    def identity_key(self) -> bytes:
        """The HMAC key of guest ids."""
        return self.settings.identity_key.get_secret_value().encode()
