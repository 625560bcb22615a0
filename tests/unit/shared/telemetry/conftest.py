"""Logging as a service sets it up, in both forms."""

import logging
import sys
import threading

import pytest
import stamina.instrumentation
import structlog

from mandegar.telemetry.logging import set_up_logging


@pytest.fixture(params=[True, False], ids=["json", "readable"])
def set_up(request):
    """Gives ``set_up()``: logging as a service sets it up, undone afterwards; whether its lines are JSON."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("aiokafka", "uvicorn.access")}
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook

    def now() -> bool:
        set_up_logging("toy", level="info", json_lines=request.param)
        return request.param

    yield now
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    stamina.instrumentation.set_on_retry_hooks(None)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
