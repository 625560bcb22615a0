"""An SMS gateway with Kavenegar's API that stores all messages instead of sending them, and shows them."""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

import typer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mandegar.clock import Clock
from mandegar_local.message_store import MessageStore, Record
from mandegar_local.sink_pages import Cell, index_page, message_routes, serve_until_stopped, time_cell

RECEPTORS_MAX = 200
_COST_RIAL = 1_200
_QUEUED = (1, "در صف ارسال")
_DELIVERED = (10, "رسیده به گیرنده")
_UNKNOWN = (100, "شناسه پیامک نامعتبر است")
_TEXTS = {
    200: "تایید شد",
    400: "پارامترها ناقص هستند",
    403: "کد شناسائی API-Key معتبر نمی‌باشد",
    404: "متد نامشخص است",
    411: "دریافت کننده نامعتبر است",
    413: "پیام خالی است و یا طول پیام بیش از حد مجاز می‌باشد",
    414: "حجم درخواست بیشتر از حد مجاز است",
}


class Gateway:
    """The gateway's messages, by its own number and by the sender's (`localid`)."""

    def __init__(self, store: MessageStore, api_key: str, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.api_key = api_key
        self._by_local_id = {m["localid"]: m["id"] for m in store.all() if m["localid"]}

    def send(self, form: dict[str, str]) -> tuple[int, list[Record]]:
        """Accept a message to each receptor; a repeated `localid` returns the first message and stores no other."""
        receptors = [r for r in (r.strip() for r in form.get("receptor", "").split(",")) if r]
        text = form.get("message", "")
        local_ids = form.get("localid", "").split(",") if form.get("localid") else [""] * len(receptors)
        if not receptors or not all(r.lstrip("+").isdecimal() and len(r) >= 10 for r in receptors):
            return 411, []
        if len(receptors) > RECEPTORS_MAX:
            return 414, []
        if not text.strip() or sms_parts(text) > 10:
            return 413, []
        if len(local_ids) != len(receptors):
            return 400, []
        pairs = zip(receptors, local_ids, strict=True)
        return 200, [self._entry(self._keep(to, text, form.get("sender", ""), own)) for to, own in pairs]

    def by_local_id(self, local_id: str) -> list[Record]:
        """The status of a message by the sender's number; status 100 if there is none."""
        record = self._store.get(self._by_local_id.get(local_id, 0))
        number, status = (None, _UNKNOWN) if record is None else (record["messageid"], _DELIVERED)
        return [{"messageid": number, "localid": local_id, "status": status[0], "statustext": status[1]}]

    def by_message_id(self, message_id: str) -> list[Record]:
        """The status of a message by the gateway's number; status 100 if there is none."""
        exists = message_id.isdecimal() and self._store.get(int(message_id)) is not None
        status = _DELIVERED if exists else _UNKNOWN
        return [{"messageid": message_id, "status": status[0], "statustext": status[1]}]

    def _keep(self, receptor: str, text: str, sender: str, local_id: str) -> Record:
        first = self._store.get(self._by_local_id.get(local_id, 0)) if local_id else None
        if first is not None:
            return first
        now = self._clock.now()
        record = self._store.append(
            {
                "messageid": len(self._store) + 1,
                "receptor": receptor,
                "sender": sender,
                "message": text,
                "localid": local_id,
                "parts": sms_parts(text),
                "date": int(now.timestamp()),
                "received_at": now.isoformat(),
            }
        )
        if local_id:
            self._by_local_id[local_id] = record["id"]
        return record

    @staticmethod
    def _entry(record: Record) -> Record:
        fields = {name: record[name] for name in ("messageid", "message", "sender", "receptor", "date", "localid")}
        return {**fields, "status": _QUEUED[0], "statustext": _QUEUED[1], "cost": record["parts"] * _COST_RIAL}


def sms_parts(text: str) -> int:
    """The number of SMS parts of a text: 160 ASCII characters (153 if there are several), else 70 (67) UTF-16 units."""
    if text.isascii():
        return 1 if len(text) <= 160 else -(-len(text) // 153)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else -(-units // 67)


def gateway_routes(gateway: Gateway, store: MessageStore) -> list[BaseRoute]:
    """The routes of the API and of the pages."""

    async def method(request: Request) -> Response:
        if request.path_params["key"] != gateway.api_key:
            return _answer(403, [])
        fields = dict(request.query_params)
        if request.method == "POST":
            fields |= dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        match request.path_params["method"]:
            case "send":
                return _answer(*gateway.send(fields))
            case "statuslocalmessageid":
                return _answer(200, gateway.by_local_id(fields["localid"])) if "localid" in fields else _answer(400, [])
            case "status":
                ids = fields.get("messageid", "").split(",")[:500]
                return _answer(200, [entry for each in ids for entry in gateway.by_message_id(each)])
        return _answer(404, [])

    async def index(_: Request) -> Response:
        rows = [
            (
                time_cell(sms["received_at"]),
                Cell(sms["receptor"]),
                Cell(str(sms["parts"])),
                Cell(sms["message"], long=True),
            )
            for sms in store.newest(200)
        ]
        return index_page("SMS outbox", ("received", "to", "parts", "text"), rows)

    wire = Route("/v1/{key}/sms/{method}.json", method, methods=["GET", "POST"])
    return [Route("/", index), wire, *message_routes(store)]


def main(
    directory: Path,
    port: int,
    api_key: Annotated[str, typer.Option(envvar="MANDEGAR_SMS_API_KEY")],
    clock: Annotated[str, typer.Option(envvar="MANDEGAR_CLOCK")] = "",
) -> None:
    """Run the SMS outbox."""
    store = MessageStore(directory / "messages.jsonl", lambda sms: [sms["receptor"]])
    gateway = Gateway(store, api_key, Clock.parse(clock))
    asyncio.run(serve_until_stopped(gateway_routes(gateway, store), port))


def _answer(status: int, entries: list[Any]) -> Response:
    # Kavenegar uses the same number for the HTTP status and in the body.
    return JSONResponse({"return": {"status": status, "message": _TEXTS[status]}, "entries": entries or None}, status)


if __name__ == "__main__":
    typer.run(main)
