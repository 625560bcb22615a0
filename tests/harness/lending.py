"""One PostgreSQL and one Kafka for all workers of a run: the controller starts each when a worker first asks for it.

Only the controller outlives every worker, so only it can stop the servers whatever became of the workers.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from multiprocessing.connection import Client, Listener
from threading import Thread

from harness.servers import kafka_server, postgres_server

SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {"postgres": postgres_server, "kafka": kafka_server}


class Lender:
    """Answers the workers of a run with the addresses of its servers."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._addresses: dict[str, str] = {}
        self._listener = Listener(family="AF_UNIX")
        self._thread = Thread(target=self._answer, name="server lender", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where workers ask."""
        return str(self._listener.address)

    def stop(self) -> None:
        """Stop every server that was started."""
        with Client(self.address) as connection:
            connection.send(None)
        self._thread.join()
        self._listener.close()
        self._running.close()

    def _answer(self) -> None:
        while True:
            with (
                self._listener.accept() as connection,
                suppress(EOFError, OSError),
            ):  # a worker may have ended meanwhile
                name = connection.recv()
                if name is None:
                    return
                connection.send(self._address_of(name))

    def _address_of(self, name: str) -> str | Exception:
        if name not in self._addresses:
            try:
                self._addresses[name] = self._running.enter_context(SERVERS[name]())
            except Exception as error:  # noqa: BLE001 - the worker raises it, where somebody sees it
                return error
        return self._addresses[name]


def borrow(lender: str, name: str) -> str:
    """The address of the server ``name``, from the lender of this run."""
    with Client(lender) as connection:
        connection.send(name)
        answer = connection.recv()
    if isinstance(answer, Exception):
        raise answer
    return str(answer)
