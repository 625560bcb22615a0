"""Sends a file to ingest: a few parts in flight, again where an answer is lost, and on where an import was."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import orjson

from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.importing.parts import ROWS, Part, parts_of
from mandegar_local.importing.source_file import SourceFile
from mandegar_local.stack_error import StackError

IN_FLIGHT = 4
# Another client may send the same file in other parts: then what is left is looked up again.
_ROUNDS_MAX = 20
Answer = dict[str, Any]


class Sending:
    """The requests of one import."""

    def __init__(self, http: RetryingClient, url: str) -> None:
        self._http, self._url = http, f"{url}/v1/imports"

    async def begin(self, wanted: Mapping[str, Any]) -> Answer:
        """The import of a file, new or as far as it is."""
        return await self._ask("POST", "", json=wanted)

    async def send(
        self, import_: Answer, file: SourceFile, advance: Callable[[int, Answer], None], *, rows: int = ROWS
    ) -> None:
        """Send what the import has not received; calls ``advance`` with the line up to which, and each answer."""
        for _ in range(_ROUNDS_MAX):
            received = [(each["first_line"], each["next_line"]) for each in import_["received"]]
            with closing(parts_of(file, received, import_["together"], rows=rows)) as parts:
                if await self._send_parts(import_["import_id"], parts, file.form, advance):
                    return
            import_ = await self._ask("GET", f"/{import_['import_id']}")
        raise StackError("Another client sends the same file at the same time; wait for its end and start again.")

    async def finish(self, import_id: str) -> Answer:
        """End the import."""
        return await self._ask("POST", f"/{import_id}/finish")

    async def errors(self, import_id: str) -> list[Answer]:
        """The first page of errors."""
        page = await self._ask("GET", f"/{import_id}/errors", params={"limit": 20})
        errors: list[Answer] = page["errors"]
        return errors

    async def write_errors(self, import_id: str, path: Path) -> int:
        """Write all errors that the import keeps as CSV; returns how many."""
        number, after = 0, None
        with path.open("w", encoding="utf-8-sig") as file:
            file.write("line,column,code,detail,refused\n")
            while True:
                query = {"limit": 1000} | ({} if after is None else {"after": after})
                page = await self._ask("GET", f"/{import_id}/errors", params=query)
                for error in page["errors"]:
                    cells = (error["line"], error["column"] or "", error["code"], error["detail"], error["refused"])
                    file.write(",".join(_cell(str(cell)) for cell in cells) + "\n")
                    number += 1
                after = page["next_after"]
                if after is None:
                    return number

    async def _send_parts(
        self, import_id: str, parts: Iterator[Part], form: str, advance: Callable[[int, Answer], None]
    ) -> bool:
        """Whether all parts were taken; not if one shares lines with another."""
        media = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl"
        shared = False

        async def in_turn() -> None:
            nonlocal shared
            for part in parts:
                if shared:
                    return
                answer = await self._http.request(
                    "POST",
                    f"{self._url}/{import_id}/rows",
                    params={"first_line": part.first_line},
                    content=part.content,
                    headers={"Content-Type": media},
                )
                if answer.status_code == 409 and _problem(answer).get("code") == "lines_taken":
                    shared = True
                    return
                if answer.status_code != 200:
                    raise _refused(answer)
                advance(part.next_line, answer.json())

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(IN_FLIGHT):
                    group.create_task(in_turn())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        return not shared

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        answer = await self._http.request(method, f"{self._url}{path}", **request)
        if answer.status_code != 200:
            raise _refused(answer)
        content: Answer = answer.json()
        return content


def _problem(answer: httpx2.Response) -> Answer:
    try:
        problem = orjson.loads(answer.content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _refused(answer: httpx2.Response) -> StackError:
    problem = _problem(answer)
    wrong = "; ".join(f"{each['at'].partition('.')[2]}: {each['message']}" for each in problem.get("errors", ()))
    parts = (problem.get("title", answer.text[:300]), problem.get("detail"), wrong)
    return StackError(f"ingest refused with {answer.status_code}: " + ": ".join(part for part in parts if part))


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text
