"""Structured logs: JSON lines in production, plain text in the local environment."""

import logging
import re
import sys
import threading
from collections.abc import Collection
from typing import Any

import stamina.instrumentation
import structlog

from mandegar.telemetry.errors import LIBRARY, outline, trace

_QUOTED_BY_ASYNCIO = re.compile("[\n(<]")


def set_up_logging(service: str, *, level: str, json_lines: bool) -> None:
    """Send all logs, those of libraries included, to standard output in one format.

    Of errors only the outline is written: the texts of foreign ones may quote addresses.
    """
    without_texts = WithoutForeignTexts(LIBRARY | {service})
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        without_texts,
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(without_texts.filter)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # aiokafka logs thousands of lines during an outage of the broker, which our own log reports once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
    stamina.instrumentation.set_on_retry_hooks([log_retry])
    _log_uncaught_errors()


def _log_uncaught_errors() -> None:
    """Log what Python would print with its text: errors that nobody caught, in any thread or finalizer."""
    uncaught = logging.getLogger("uncaught")
    sys.excepthook = lambda _, error, __: uncaught.critical("uncaught_error", exc_info=error)
    threading.excepthook = lambda args: uncaught.critical("uncaught_error", exc_info=args.exc_value)
    sys.unraisablehook = lambda args: uncaught.critical("unraisable_error", exc_info=args.exc_value)


class WithoutForeignTexts:
    """Replaces the errors in log entries by what ``telemetry.errors`` writes of them."""

    def __init__(self, own: Collection[str]) -> None:
        self._own = own

    def __call__(self, _: object, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
        """Write the traceback of an entry, and the outline of each error among its fields (a structlog processor)."""
        info = entry.pop("exc_info", None)
        if info is True:
            info = sys.exc_info()
        error = info[1] if isinstance(info, tuple) else info
        for field, value in entry.items():
            entry[field] = self._plain(value)
        if isinstance(error, BaseException):
            entry["exception"] = trace(error, self._own)
        return entry

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace errors among the arguments of a library's message (a filter of handlers); lets every record pass."""
        if record.name == "asyncio" and isinstance(record.msg, str):
            # behind its first words asyncio quotes tasks and callbacks, with their errors and arguments
            record.msg = _QUOTED_BY_ASYNCIO.split(record.msg, maxsplit=1)[0].strip()
            record.args = ()
        record.msg = self._plain(record.msg)
        record.args = self._plain(record.args)
        return True

    def _plain(self, value: Any) -> Any:
        match value:
            case BaseException():
                return outline(value, self._own)
            case dict():
                return {key: self._plain(item) for key, item in value.items()}
            case list() | tuple() if any(isinstance(item, (BaseException, list, tuple, dict)) for item in value):
                items = [self._plain(item) for item in value]
                return tuple(items) if isinstance(value, tuple) else items
            case _:
                return value


def log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Log that work failed and when it is retried. Of the error only its class: the text may quote rows."""
    logger(__name__).warning(
        "work_retried",
        work=details.name,
        error=type(details.caused_by).__name__,
        attempt=details.retry_num,
        seconds=round(details.wait_for, 2),
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module. An event is a snake_case name with fields; never log bodies, addresses or tokens."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
