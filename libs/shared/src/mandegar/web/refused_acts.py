"""Adds refused attempts of authenticated callers to the audit, at a bounded rate."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandegar.clock import monotonic_seconds
from mandegar.database import Act, Pool, is_transient
from mandegar.database.transaction import record_refusal
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger
from mandegar.web.acts import act_of, action_of

log = logger(__name__)

# Of one shop and process: so many attempts have a line each, the others of the window share one.
WINDOW_SECONDS = 600.0
LINES_PER_WINDOW = 20
FLUSH_SECONDS = 30.0
SUMMARY = "refused_attempts"
# The result of a summary, where a line of its own has the problem's code.
LIMITED = "limited"


@dataclass(slots=True)
class _Window:
    began: float
    lines: int = 0
    uncounted: int = 0
    last: Act | None = None


@dataclass(slots=True)
class RefusedActs:
    """The refused attempts that this process has seen, by shop."""

    pool: Pool
    _windows: dict[str, _Window] = field(default_factory=dict)

    async def add(self, act: Act, code: str) -> None:
        """Write a line for a refused attempt, or only count it if its shop had enough lines in this window."""
        await self.flush()
        window = self._windows.setdefault(act.shop, _Window(monotonic_seconds()))
        if window.lines < LINES_PER_WINDOW:
            window.lines += 1
            await self._write(act, code)
        else:
            window.uncounted, window.last = window.uncounted + 1, act

    async def flush(self) -> None:
        """Write one line for the attempts that were only counted in each window that has ended."""
        now = monotonic_seconds()
        ended = [shop for shop, window in self._windows.items() if now - window.began > WINDOW_SECONDS]
        for window in [self._windows.pop(shop) for shop in ended]:
            if (act := window.last) is not None:
                summary = Act(act.shop, act.key_id, None, SUMMARY, "", act.address)
                await self._write(summary, LIMITED, window.uncounted)

    async def flush_periodically(self) -> None:
        """Call ``flush`` every half minute, until cancelled."""
        await every(FLUSH_SECONDS, self.flush, name="refused_acts")

    async def _write(self, act: Act, code: str, times: int = 1) -> None:
        try:
            await record_refusal(self.pool, act, code, times)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("refusal_not_recorded", action=act.action, error=type(error).__name__)


class RecordRefusals:
    """ASGI middleware: once a request was answered with an error of its caller, the refusal is recorded."""

    def __init__(self, app: ASGIApp, context: Context, refused: RefusedActs) -> None:
        self._app, self._context, self._refused = app, context, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, watched)
        # 429 tells of a limit, which has metrics of its own; without a principal nobody is known.
        if 400 <= status < 500 and status != 429 and "principal" in state and action_of(scope) is not None:
            try:
                act = await act_of(Request(scope), self._context, state["principal"])
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("refusal_not_recorded", action=action_of(scope), error=type(error).__name__)
                return
            await self._refused.add(act, state.get("problem", str(status)))
