"""Looks up the DNS records of senders."""

from collections.abc import Sequence

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.resolver import NXDOMAIN, NoAnswer

from ingest.domain.senders import SenderRecord

LOOKUP_SECONDS = 5.0
RECORDS_MAX = 100


class DnsUnavailable(Exception):
    """The servers did not answer in time, or not about the record."""


class SenderDns:
    """Looks TXT records up, at ``servers`` or (empty) at those of the machine."""

    def __init__(self, servers: Sequence[tuple[str, int]]) -> None:
        self._servers = [Do53Nameserver(address, port) for address, port in servers]

    async def has(self, record: SenderRecord) -> bool:
        """Whether the record is there now; raises ``DnsUnavailable``."""
        try:
            resolver = Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers = [*self._servers]
            answer = await resolver.resolve(record.name, "TXT", lifetime=LOOKUP_SECONDS, search=False)
        except (NXDOMAIN, NoAnswer):
            return False
        except (DNSException, OSError) as error:
            raise DnsUnavailable(type(error).__name__) from error
        wanted = record.value.encode()
        return any(b"".join(text.strings) == wanted for text in list(answer)[:RECORDS_MAX])
