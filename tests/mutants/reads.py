"""Guards of cheap reads: the shop of the one statement, and the memory of verified tokens."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_MEMORY = "tests/unit/shared/tokens/test_memory.py"
_READS = "tests/integration/shared/database/test_shop_reads.py"
_PLAIN = "tests/integration/shared/web/test_plain_reads.py"
_KEPT = f"{_LIBRARY}/database/read_connections.py"
_CONNECTIONS = "tests/integration/shared/database/test_read_connections.py"

MUTATIONS = (
    Mutation(
        "a-read-by-function-sets-no-shop",
        "shop of a read",
        f"{_LIBRARY}/database/shop_read.py",
        "set_config('app.shop', of_shop, true)",
        "of_shop",
        (f"{_READS}::test_a_read_sees_its_shop_by_row_level_security_alone",),
    ),
    Mutation(
        "the-shop-of-a-read-stays-on-its-connection",
        "end of the shop with the statement",
        f"{_LIBRARY}/database/shop_read.py",
        "set_config('app.shop', of_shop, true)",
        "set_config('app.shop', of_shop, false)",
        (f"{_READS}::test_a_read_sees_its_shop_by_row_level_security_alone",),
    ),
    Mutation(
        "a-read-has-the-rights-of-the-owner",
        "row-level security of a read",
        f"{_LIBRARY}/database/shop_read.py",
        "SECURITY INVOKER",
        "SECURITY DEFINER",
        ("tests/migrations/test_shop_reads.py::test_a_read_of_the_web_role_is_in_the_database_what_its_room_says",),
    ),
    Mutation(
        "everybody-may-call-the-reads-of-the-web-role",
        "who may call a read",
        f"{_LIBRARY}/database/migrations.py",
        '    op.execute(f"REVOKE ALL ON FUNCTION {read.name} FROM PUBLIC")\n',
        "",
        (f"{_READS}::test_a_read_cannot_write_and_the_worker_cannot_call_it",),
    ),
    Mutation(
        "a-remembered-token-never-expires",
        "validity of a remembered token",
        f"{_LIBRARY}/tokens/memory.py",
        "verified is None or not verified.since <= now <= verified.until",
        "verified is None",
        (f"{_MEMORY}::test_a_remembered_token_expires",),
    ),
    Mutation(
        "remembered-tokens-outlive-their-keys",
        "forgetting when keys change",
        f"{_LIBRARY}/tokens/memory.py",
        "        if keys is not self._keys:",
        "        if self._keys is None:",
        (f"{_MEMORY}::test_a_token_that_was_remembered_is_refused_once_it_is_revoked",),
    ),
    Mutation(
        "the-memory-of-tokens-has-no-bound",
        "size of the memory of tokens",
        f"{_LIBRARY}/tokens/memory.py",
        "LRUCache(bytes_max, getsizeof",
        "LRUCache(2**62, getsizeof",
        (f"{_MEMORY}::test_the_memory_has_a_size_whatever_tokens_say_and_keeps_those_in_use",),
    ),
    Mutation(
        "plain-reads-are-not-admitted",
        "access to plain reads",
        f"{_LIBRARY}/web/reads.py",
        "            route.admit(scope)\n",
        "            route.access.admit(scope)\n",
        (f"{_PLAIN}::test_both_refuse_too_many_requests_alike",),
    ),
    Mutation(
        "an-encoded-slash-parts-a-customers-id",
        "encoded slashes of plain reads",
        f"{_LIBRARY}/web/reads.py",
        """ or b"%2f" in (scope.get("raw_path") or b"").lower()""",
        "",
        (f"{_PLAIN}::test_an_encoded_slash_is_a_letter_of_the_id",),
    ),
    Mutation(
        "a-tag-is-the-same-in-every-shop",
        "shop of a tag",
        f"{_LIBRARY}/web/versioned.py",
        "key=_key(shop)",
        "key=b''",
        ("tests/integration/loyalty/account/test_versions.py::test_a_tag_is_of_one_shop_and_one_customer",),
    ),
    Mutation(
        "a-read-that-failed-keeps-its-connection",
        "a connection after a read that did not end well",
        _KEPT,
        "                await self._pool.release(connection, timeout=CANCEL_SECONDS)\n",
        "                self._rested.append((connection, monotonic_seconds()))\n",
        (f"{_READS}::test_a_read_that_is_cancelled_leaves_nothing_and_runs_no_longer",),
    ),
    Mutation(
        "reads-take-all-connections",
        "connections that reads leave to transactions",
        _KEPT,
        "max(size_max // 2, 1)",
        "size_max",
        (f"{_CONNECTIONS}::test_transactions_find_a_connection_however_many_reads_there_are",),
    ),
    Mutation(
        "a-connection-is-read-from-however-long-it-has-rested",
        "the rest of a kept connection",
        _KEPT,
        " and monotonic_seconds() - since < REST_SECONDS",
        "",
        (f"{_CONNECTIONS}::test_a_connection_that_has_rested_long_is_closed",),
    ),
    Mutation(
        "a-closed-connection-is-read-from",
        "kept connections that were closed",
        _KEPT,
        "if not connection.is_closed() and",
        "if",
        (f"{_CONNECTIONS}::test_a_connection_that_was_closed_at_rest_is_not_read_from",),
    ),
    Mutation(
        "a-kept-connection-never-goes-back",
        "the pool replaces connections that have served long",
        _KEPT,
        "if self._keeps and self._reads % READS_MAX:",
        "if self._keeps:",
        (f"{_CONNECTIONS}::test_a_connection_goes_back_after_many_reads",),
    ),
    Mutation(
        "a-read-waits-for-its-turn-without-end",
        "the time of a read covers its turn",
        _KEPT,
        "            async with asyncio.timeout(seconds):\n                await self._turns.acquire()\n",
        "            await self._turns.acquire()\n",
        (f"{_CONNECTIONS}::test_a_read_that_waits_for_its_turn_ends_in_time",),
    ),
    Mutation(
        "the-crossings-of-a-row-are-believed",
        "crossings in a row are proved",
        "services/churn/src/churn/domain/bands.py",
        "return abs(standing.at(at_us).logit - standing.lines[line]) < _SAME",
        "return True",
        (
            "tests/unit/churn/domain/test_bands.py::test_a_span_that_is_known_is_the_one_that_is_computed",
            "tests/integration/churn/risk/test_risk_routes.py::"
            "test_a_row_that_tells_another_band_or_crossing_changes_no_answer",
        ),
    ),
)
