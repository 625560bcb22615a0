"""No text of a foreign error reaches the logs, by whatever way: it may quote an address, a row or a request."""

import asyncio
import email.headerregistry
import gc
import json
import logging
import sys
import threading
from itertools import pairwise
from typing import Literal
from uuid import UUID

import asyncpg
import httpx2
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.stream import PermanentError
from mandegar.telemetry.errors import outline, trace
from mandegar.telemetry.logging import logger

CANARY = "sara.planted@canary.test"


class Row(msgspec.Struct):
    kind: Literal["a", "b"]


class Body(pydantic.BaseModel):
    age: int


def header_parse_error() -> None:
    email.headerregistry.Address(addr_spec=f"x@[,{CANARY}")


def row_error() -> None:
    error = asyncpg.UniqueViolationError(f"duplicate key {CANARY}")
    error.detail = f"Key (email)=({CANARY}) already exists."
    raise error


def quoting_syntax() -> None:
    compile(f"{CANARY} = (", CANARY, "exec")


def in_a_group() -> None:
    raise ExceptionGroup(CANARY, [ValueError(CANARY), ExceptionGroup(CANARY, [KeyError(CANARY)])])


def with_a_note() -> None:
    error = ValueError("x")
    error.add_note(CANARY)
    raise error


def our_own_with_a_foreign_cause() -> None:
    try:
        {}[CANARY]
    except KeyError as cause:
        raise PermanentError("bad_thing", "the thing is bad") from cause


def while_another_was_handled() -> None:
    try:
        {}[CANARY]
    except KeyError:
        raise RuntimeError(CANARY)  # noqa: B904  the context is what is tested


def circular() -> None:
    first, second = ValueError(CANARY), ValueError(CANARY)
    first.__context__, second.__context__ = second, first
    raise first


def endless() -> None:
    endless()


def not_connected() -> None:
    raise httpx2.ConnectError(CANARY, request=httpx2.Request("GET", f"http://x.test/{CANARY}"))


def no_text() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError(CANARY)

        __repr__ = __str__

    raise Broken


FOREIGN = (
    *(header_parse_error, row_error, quoting_syntax, in_a_group, with_a_note, our_own_with_a_foreign_cause),
    *(while_another_was_handled, circular, endless, no_text, not_connected),
    lambda: {}[CANARY],
    lambda: int(CANARY),
    lambda: Body(age=CANARY),
    lambda: Body.model_validate_json(f'{{"age": "{CANARY}"}}'),
    lambda: msgspec.convert({"kind": CANARY}, Row),
    lambda: UUID(CANARY),
    lambda: CANARY.encode().decode("utf-16-surrogate"),
    lambda: open(f"/nowhere/{CANARY}"),  # noqa: SIM115, PTH123
    lambda: getattr(object(), CANARY),
    lambda: json.loads(f'{{"{CANARY}'),
)


def raised(by) -> BaseException:
    try:
        by()
    except BaseException as error:  # noqa: BLE001
        return error
    raise AssertionError("it raises nothing")


@pytest.mark.parametrize("by", FOREIGN, ids=lambda by: by.__name__ + str(FOREIGN.index(by)))
def test_no_text_of_a_foreign_error_is_logged_by_any_way(set_up, capsys, by):
    set_up()
    error = raised(by)
    own, library = logger("toy"), logging.getLogger("library")
    own.error("failed", exc_info=error)
    own.error("failed", error=error, errors=[error, (error,)], more={"error": error})
    own.error("failed", exc_info=(type(error), error, error.__traceback__))
    library.error("it failed: %s %r", error, error)
    library.error("it failed: %(error)s", {"error": error})
    library.error(error)
    library.error("it failed", exc_info=error)
    try:
        raise error  # noqa: TRY301
    except BaseException:  # noqa: BLE001
        own.exception("failed")
        library.exception("it failed")
    sys.excepthook(type(error), error, error.__traceback__)
    threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))

    written = capsys.readouterr()
    assert written.out.count(type(error).__name__) >= 11
    assert CANARY not in written.out + written.err
    assert "planted" not in written.out + written.err


def test_a_task_whose_error_nobody_fetched_is_logged_without_its_text(set_up, capsys):
    set_up()

    async def fails(address: str) -> None:
        raise ValueError(address)

    def called_back(address: str) -> None:
        raise ValueError(address)

    async def leave_it() -> None:
        task = asyncio.create_task(fails(CANARY), name=CANARY)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        gc.collect()
        asyncio.get_running_loop().call_soon(called_back, CANARY)
        await asyncio.sleep(0.01)

    asyncio.run(leave_it())
    written = capsys.readouterr()
    assert "Task exception was never retrieved" in written.out
    assert "Exception in callback" in written.out
    assert CANARY not in written.out + written.err


def test_an_error_of_ours_keeps_its_text_and_says_where_it_was_raised(set_up, capsys):
    set_up()
    logger("toy").error("failed", exc_info=raised(our_own_with_a_foreign_cause))

    written = capsys.readouterr().out
    assert "mandegar.stream.PermanentError: " in written
    assert "the thing is bad" in written
    assert "our_own_with_a_foreign_cause" in written
    assert "KeyError" in written


TEXTS = st.sampled_from([CANARY, f"x{CANARY}y", CANARY * 100])
ERRORS = st.recursive(
    st.builds(lambda kind, text: kind(text), st.sampled_from([ValueError, KeyError, OSError, RuntimeError]), TEXTS),
    lambda inner: st.builds(ExceptionGroup, TEXTS, st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)


@given(st.lists(ERRORS, min_size=1, max_size=4), st.booleans())
def test_no_chain_or_group_of_foreign_errors_shows_a_text(errors, caused):
    for error, before in pairwise(errors):
        error.__cause__, error.__context__ = (before, None) if caused else (None, before)
        error.add_note(CANARY)

    assert CANARY not in trace(errors[0])
    assert CANARY not in outline(errors[0])
    assert len(trace(errors[0])) < 10_000
