"""Guards of the audit and of the outbox: lines in their transaction, rights of roles, rows that stand aside."""

from mutants.mutation import Mutation

_LIBRARY = "libs/shared/src/mandegar"
_AUDIT = "tests/integration/shared/web/test_audit.py"
_OUTBOX = "tests/integration/shared/outbox"

MUTATIONS = (
    Mutation(
        "acts-of-shops-leave-no-line",
        "an audit line in the transaction of its effect",
        f"{_LIBRARY}/database/transaction.py",
        '        await write_act(cast("ShopConnection", connection), act)\n',
        "",
        (f"{_AUDIT}::test_an_act_leaves_one_line_that_tells_who_did_what",),
    ),
    Mutation(
        "acts-over-the-worker-role-leave-no-line",
        "an audit line in the transaction of its effect",
        f"{_LIBRARY}/database/transaction.py",
        "        yield connection\n        await write_act(connection, act)\n",
        "        yield connection\n",
        (f"{_AUDIT}::test_an_act_leaves_one_line_that_tells_who_did_what",),
    ),
    Mutation(
        "lines-are-written-behind-their-effect",
        "an audit line in the transaction of its effect",
        f"{_LIBRARY}/database/transaction.py",
        """\
        yield cast("ShopConnection", connection)
        await write_act(cast("ShopConnection", connection), act)
""",
        """\
        yield cast("ShopConnection", connection)
    async with _of_shop(pool, act.shop, readonly=False) as connection:
        await write_act(cast("ShopConnection", connection), act)
""",
        (f"{_AUDIT}::test_an_act_whose_line_cannot_be_written_has_no_effect",),
    ),
    Mutation(
        "serving-roles-change-the-audit",
        "the audit can only be added to",
        f"{_LIBRARY}/database/guards.py",
        '        op.execute(f"REVOKE ALL ON audit FROM {role}")\n',
        "",
        (f"{_AUDIT}::test_no_serving_role_changes_or_removes_a_line",),
    ),
    Mutation(
        "every-refusal-has-a-line",
        "refused attempts fill no disk",
        f"{_LIBRARY}/web/refused_acts.py",
        "if window.lines < LINES_PER_WINDOW:",
        "if window.lines >= 0:",
        (f"{_AUDIT}::test_a_flood_of_refusals_fills_a_few_lines_and_is_counted",),
    ),
    Mutation(
        "web-roles-publish-for-every-shop",
        "a web role queues rows of its shop alone",
        f"{_LIBRARY}/database/guards.py",
        " WITH CHECK (shop = current_setting('app.shop', true))",
        " WITH CHECK (true)",
        (f"{_OUTBOX}/test_rights.py",),
    ),
    Mutation(
        "services-write-every-topic",
        "a service writes its own topics",
        f"{_LIBRARY}/database/guards.py",
        "CHECK (topic IN ({listed}))",
        "CHECK (topic IN ({listed}) OR true)",
        (f"{_OUTBOX}/test_rights.py",),
    ),
    Mutation(
        "rows-of-unknown-topics-stop-the-relay",
        "what no broker could take is set aside",
        f"{_LIBRARY}/outbox/refusals.py",
        "if topic not in _TOPICS:",
        "if False:",
        (f"{_OUTBOX}/test_refusals.py",),
    ),
    Mutation(
        "rows-wait-for-refused-topics",
        "a refused topic waits alone",
        f"{_LIBRARY}/outbox/relay.py",
        "without=self.refused.waiting(),",
        "without=[],",
        (f"{_OUTBOX}/test_refusals.py",),
    ),
    Mutation(
        "web-roles-keep-every-right",
        "roles have the rights that routes use",
        f"{_LIBRARY}/database/guards.py",
        '    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")\n',
        "",
        ("tests/migrations/test_rights.py",),
    ),
)
