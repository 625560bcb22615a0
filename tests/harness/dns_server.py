"""A DNS server of the test's own: it answers real packets over UDP with the TXT records that it is given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dns import flags, message, rcode, rdatatype, rrset


class DnsServer(asyncio.DatagramProtocol):
    """``records`` are texts by name. ``behaviour``: "answer", "silent", "garbage", or "refuse"."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.behaviour, self.asked = "answer", list[str]()
        self.port = 0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = message.from_wire(data)
        name = str(query.question[0].name).rstrip(".")
        self.asked.append(name)
        if self.behaviour == "silent":
            return
        if self.behaviour == "garbage":
            self._transport.sendto(data[:2] + b"\xff" * 40, address)
            return
        answer = message.make_response(query)
        answer.flags |= flags.RA
        texts = self.records.get(name.lower())
        if self.behaviour == "refuse":
            answer.set_rcode(rcode.REFUSED)
        elif texts is None:
            answer.set_rcode(rcode.NXDOMAIN)
        elif query.question[0].rdtype == rdatatype.TXT:
            answer.answer.append(rrset.from_text(query.question[0].name, 60, "IN", "TXT", *texts))
        self._transport.sendto(answer.to_wire(), address)


@asynccontextmanager
async def dns_server() -> AsyncIterator[DnsServer]:
    """A server on a free port of this machine."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        DnsServer, local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()
