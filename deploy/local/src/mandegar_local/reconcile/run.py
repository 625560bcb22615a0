"""Sends a file to ingest, and waits until it was compared or accepted."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import httpx2

from mandegar_local.importing.parts import Part, parts_of
from mandegar_local.importing.source_file import SourceFile
from mandegar_local.person.requests import ServiceAt
from mandegar_local.stack_error import StackError

# Of an import each row is an event; here it is a row.
ROWS = 2_000
Told = Callable[[str], None]
_SECONDS = 60.0
_POLL_SECONDS = 0.5
_TRIES = 6
_AGAIN = (429, 503)
_AT_WORK = ("comparing", "accepting")


class Reconciling:
    """A file at ingest. ``tell`` is called with each step of progress."""

    def __init__(self, ingest: ServiceAt, file: SourceFile, options: Mapping[str, Any], tell: Told) -> None:
        self._ingest, self._file, self._tell = ingest, file, tell
        wanted = {"name": file.path.name, "fingerprint": file.fingerprint, **options}
        begun = self._ask("POST", "/v1/reconciliations", json=wanted)
        self.path = f"/v1/reconciliations/{begun['reconciliation_id']}"

    def compared(self) -> dict[str, Any]:
        """The reconciliation once all rows have come and were compared."""
        last = self._wait()["last_line"]
        with closing(parts_of(self._file, [(1, last + 1)] if last else [], rows=ROWS)) as parts:
            for part in parts:
                self.send(part)
                self._tell(f"line {part.next_line - 1:,} sent")
        self._ask("POST", f"{self.path}/compare")
        return self._wait()

    def send(self, part: Part) -> None:
        """Send a part of the file."""
        query = urlencode({"first_line": part.first_line})
        headers = {"Content-Type": "text/csv" if self._file.form == "csv" else "application/x-ndjson"}
        self._ask("POST", f"{self.path}/rows?{query}", content=part.content, headers=headers)

    def accepted(self) -> dict[str, Any]:
        """The reconciliation once what is missing was accepted, whatever is wrong with the file as a whole."""
        self._ask("POST", f"{self.path}/accept", json={"confirm": True})
        return self._wait()

    def findings(self, kind: str) -> Iterator[dict[str, Any]]:
        """All findings of a kind."""
        after: dict[str, str] = {}
        while True:
            page = self._ask("GET", f"{self.path}/findings?{urlencode({'kind': kind, 'limit': 1000, **after})}")
            yield from page["findings"]
            if page["next_after"] is None:
                return
            after = {"after": page["next_after"]}

    def _wait(self) -> dict[str, Any]:
        while True:
            found = self._ask("GET", self.path)
            if found["state"] not in _AT_WORK:
                return found
            place = "" if found["place"] is None else f" line {found['place']:,} of {found['last_line']:,}"
            self._tell(f"{found['state']} {found['phase'] or ''}{place}")
            time.sleep(_POLL_SECONDS)

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The answer; what is refused for now is asked again, since nothing counts twice."""
        headers = {**self._ingest.headers, **request.pop("headers", {})}
        for remaining in reversed(range(_TRIES)):
            try:
                answer = httpx2.request(
                    method, f"{self._ingest.url}{path}", headers=headers, timeout=_SECONDS, **request
                )
            except httpx2.HTTPError as error:
                if not remaining:
                    raise self._ingest.silent(error) from error
            else:
                if answer.status_code < 300:
                    content: dict[str, Any] = answer.json()
                    return content
                if answer.status_code not in _AGAIN or not remaining:
                    raise self._ingest.refuse(answer)
            time.sleep(2.0)
        raise StackError("ingest does not answer")  # not reached: the last try raises
