"""Structured logs: JSON lines in production, plain text in the local environment."""

import logging
import sys

import asyncpg
import stamina.instrumentation
import structlog


def set_up_logging(service: str, *, level: str, json_lines: bool) -> None:
    """Send all logs, those of libraries included, to standard output in one format."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        without_rows,
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if json_lines
        # Plain tracebacks, because structlog's default prints the local variables of every frame.
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
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


def without_rows(
    _: structlog.typing.WrappedLogger, __: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Remove the rows and arguments that database errors quote from a traceback: they may contain addresses."""
    info = entry.get("exc_info")
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    while isinstance(error, BaseException):
        if isinstance(error, asyncpg.PostgresError):
            error.args = (f"{error.sqlstate} {getattr(error, 'constraint_name', None) or ''}".rstrip(),)
            error.detail = None
        error = error.__cause__ or error.__context__
    return entry


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
