"""Logs: one form for ours and the libraries', and no address in any of them, tracebacks included."""

import json
import logging

import asyncpg

from mandegar.database import retry_transient
from mandegar.telemetry.logging import logger

ADDRESS = "sara@example.test"


def fail_on(address: str) -> None:
    error = asyncpg.UniqueViolationError(f"duplicate key {address}")
    error.detail = f"Key (email)=({address}) already exists."
    try:
        raise error
    except asyncpg.PostgresError as cause:
        raise RuntimeError("could not keep it") from cause


def test_a_traceback_names_the_error_but_neither_its_row_nor_local_variables(set_up, capsys):
    set_up()
    try:
        fail_on(ADDRESS)
    except RuntimeError as error:
        logger("toy").error("request_failed", exc_info=error)
        logging.getLogger("library").exception("it failed")

    said = capsys.readouterr().out
    assert said.count("UniqueViolationError") == 2
    assert "23505" in said
    assert ADDRESS not in said


async def test_a_retry_names_the_class_of_its_error_but_neither_its_text_nor_the_arguments(set_up, capsys):
    set_up()
    failures = [asyncpg.SerializationError(f"could not update the row of {ADDRESS}"), OSError(ADDRESS)]

    @retry_transient(first_seconds=0.0, max_seconds=0.0)
    async def record(address: str) -> str:
        if failures:
            raise failures.pop()
        return address

    assert await record(ADDRESS) == ADDRESS
    written = capsys.readouterr().out
    assert written.count("work_retried") == 2
    assert "SerializationError" in written
    assert "OSError" in written
    assert ADDRESS not in written


def test_a_line_says_when_who_and_what(set_up, capsys):
    json_lines = set_up()
    logger("toy").info("started", parts=["http"])
    logging.getLogger("library").warning("hm %s", "so")
    logger("toy").debug("not worth a line")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    if json_lines:
        first, second = map(json.loads, lines)
        assert first.pop("timestamp").endswith("Z")
        assert first == {"event": "started", "parts": ["http"], "service": "toy", "level": "info", "logger": "toy"}
        assert second["event"] == "hm so"


def test_the_kafka_client_keeps_silent_during_an_outage(set_up, capsys):
    set_up()
    logging.getLogger("aiokafka").error("Unable to connect")

    assert capsys.readouterr().out == ""
