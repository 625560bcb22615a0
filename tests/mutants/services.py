"""Guards of the services: the door, the folds of orders and contacts, and sends."""

from mutants.mutation import Mutation

_INGEST = "services/ingest/src/ingest"
_LOYALTY = "services/loyalty/src/loyalty"
_CHURN = "services/churn/src/churn"
_NOTIFY = "services/notify/src/notify"
_GATHERING = "tests/integration/ingest/hallway/test_gathering.py"
_RECORD = "tests/integration/ingest/sources/test_record_of_orders.py"
_ORDER_LAW = "libs/shared/src/mandegar/events/orders.py"

_ANSWER_FIRST = """\
async with self._pool.acquire() as connection:
                        trial = connection.transaction()
                        await trial.start()
                        accepted = await accept(connection, arrivals, self._now(), self._partitions)
                        await trial.rollback()
                    self._behind = asyncio.create_task(self._commit(arrivals))
                    return accepted"""

MUTATIONS = (
    Mutation(
        "answered-before-the-commit",
        "the door answers after the commit",
        f"{_INGEST}/hallway/group_commit.py",
        "return await self._commit(arrivals)",
        _ANSWER_FIRST,
        ("tests/integration/ingest/hallway/test_promise.py",),
    ),
    Mutation(
        "a-flush-takes-what-is-there",
        "requests share transactions",
        f"{_INGEST}/hallway/group_commit.py",
        "self._in_hand > self._expected - 1 or",
        "True or",
        (f"{_GATHERING}::test_senders_who_come_back_at_once_share_their_transactions",),
    ),
    Mutation(
        "a-lone-sender-waits-for-others",
        "nobody waits for a request that does not come",
        f"{_INGEST}/hallway/group_commit.py",
        "self._expected *= FADING",
        "pass",
        (f"{_GATHERING}::test_who_came_with_others_soon_waits_for_nobody_any_more",),
    ),
    Mutation(
        "the-role-of-a-source-is-what-the-door-remembers",
        "record of orders at the commit",
        f"{_INGEST}/hallway/accept.py",
        "if order.published != (order.source.id in records):",
        "if False:",
        (f"{_RECORD}::test_the_role_moves_and_both_sources_obey_at_once",),
    ),
    Mutation(
        "the-record-moves-without-waiting-for-other-moves",
        "one move of the record at a time",
        f"{_INGEST}/desk/sources/change.py",
        "await rows.lock_sources(connection, act.shop)",
        "pass",
        (f"{_RECORD}::test_of_many_movers_at_once_one_is_last_and_a_reader_always_sees_one",),
    ),
    Mutation(
        "a-closed-source-becomes-the-record",
        "who may be the record of orders",
        f"{_INGEST}/desk/sources/change.py",
        "_require_eligible(source)\n            await",
        "await",
        (f"{_RECORD}::test_a_source_that_cannot_be_the_record_is_refused",),
    ),
    Mutation(
        "ids-are-claimed-as-they-come",
        "sorted claim",
        f"{_INGEST}/hallway/accept.py",
        "[candidates[firsts[id_]] for id_ in sorted(firsts)]",
        "[candidates[place] for place in firsts.values()]",
        ("tests/integration/ingest/hallway/test_promise.py",),
    ),
    Mutation(
        "one-bad-event-fails-its-neighbours",
        "savepoint bisection",
        f"{_INGEST}/hallway/accept.py",
        "accepted = await apply_or_bisect(arrivals, together, set_aside, connection)",
        """\
try:
        async with connection.transaction():
            accepted = await together(arrivals)
    except Exception as error:
        accepted = [(await set_aside(one, error))[0] for one in arrivals]""",
        ("tests/integration/ingest/doors/test_door.py::test_an_event_that_the_database_refuses_is_quarantined_alone",),
    ),
    Mutation(
        "the-last-to-speak-wins",
        "version rule of contacts",
        f"{_INGEST}/domain/profile.py",
        "if current is None or (stamped.at, stamped.event_id) > (current.at, current.event_id):",
        "if True:",
        ("tests/unit/ingest/domain/test_profile.py",),
    ),
    Mutation(
        "versions-stand-still",
        "version rule of contacts",
        f"{_INGEST}/hallway/profiles.py",
        "changed[key] = StoredProfile(before.version + bool(snapshots), profile)",
        "changed[key] = StoredProfile(before.version, profile)",
        ("tests/integration/ingest/hallway/test_profile_rule.py",),
    ),
    Mutation(
        "customers-are-not-locked-at-the-door",
        "version rule of contacts",
        f"{_INGEST}/hallway/profiles.py",
        "await lock_customers(connection, patched, partitions)",
        """await connection.executemany(
        "INSERT INTO customers (shop, customer_id, partition) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
        sorted(patched),
    )""",
        ("tests/integration/ingest/hallway/test_profile_rule.py",),
    ),
    Mutation(
        "the-last-snapshot-wins",
        "version rule of the order fold",
        _ORDER_LAW,
        "if written > self.written or (written == self.written and (stage, -total) > (self.stage, -self.total)):",
        "if True:",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "an-entry-stays-at-an-instant-that-moved",
        "entries are posted again when their instant moves",
        f"{_LOYALTY}/domain/posting.py",
        "elif previous.points != points or (points and previous.at != at):",
        "elif previous.points != points:",
        ("tests/unit/loyalty/domain/test_points_timeline.py",),
    ),
    Mutation(
        "ties-of-versions-go-to-the-last",
        "version rule of the order fold",
        _ORDER_LAW,
        "(written == self.written and (stage, -total) > (self.stage, -self.total))",
        "written == self.written",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "an-update-beats-a-cancellation-of-its-instant",
        "a cancellation stands over what was written with it",
        _ORDER_LAW,
        "    return 2 * at + (said == ENDED)",
        "    return 2 * at + (said != ENDED)",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "a-note-revives-a-cancelled-order",
        "cancelled stays cancelled",
        _ORDER_LAW,
        "STANDS if stage == PAID else SILENT",
        "STANDS",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "a-number-sent-again-revives",
        "cancelled stays cancelled",
        _ORDER_LAW,
        "return numbered.said, numbered.said_at if numbered.said else -numbered.said_at",
        "return numbered.said, numbered.said_at",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "numbers-compare-with-times",
        "numbered versions compare by number first",
        _ORDER_LAW,
        "    return None if version == written else version",
        "    return None",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "a-status-is-no-payment",
        "an order whose status is paid is paid",
        _ORDER_LAW,
        'return stage == PAID or status == "paid"',
        "return stage == PAID",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "loyalty-compares-by-the-clamped-time",
        "versions are from the shop's own clock",
        f"{_LOYALTY}/domain/orders.py",
        "written = at + ahead",
        "written = at",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "churn-compares-by-the-clamped-time",
        "versions are from the shop's own clock",
        f"{_CHURN}/domain/facts.py",
        "written_us = at_us if data.written_at is None else data.written_at",
        "written_us = at_us",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "the-version-is-cut-to-now",
        "versions are from the shop's own clock",
        f"{_INGEST}/domain/acts.py",
        "return to_us(written) if written > now else None",
        "return None",
        ("tests/contract/test_orders_from_the_door.py",),
    ),
    Mutation(
        "a-mistyped-year-freezes-an-order",
        "a time too far ahead counts as now",
        f"{_INGEST}/domain/event_time.py",
        "if instant > now and instant - now > AHEAD_MAX:",
        "if False:",
        ("tests/contract/test_orders_from_the_door.py",),
    ),
    Mutation(
        "an-odd-line-holds-an-order-back",
        "a paid order with an odd line is a paid order",
        f"{_INGEST}/domain/acts.py",
        'odd.append(f"data.items[{place}] ({refused.detail})")',
        "raise",
        ("tests/unit/ingest/doors/test_odd_orders.py",),
    ),
    Mutation(
        "an-unreadable-part-holds-an-order-back",
        "a paid order with an odd line is a paid order",
        f"{_INGEST}/doors/envelope.py",
        "if FORMS[type_] not in MAY_BE_ODD:",
        "if True:",
        ("tests/unit/ingest/doors/test_odd_orders.py",),
    ),
    Mutation(
        "an-earlier-pack-has-numbers-only",
        "packs of earlier releases keep their meaning",
        f"{_CHURN}/domain/packing.py",
        "    if version in _TIMES:",
        "    if False:",
        ("tests/unit/churn/domain/test_orders.py",),
    ),
    Mutation(
        "a-fact-is-kept-each-time",
        "a fact is kept once",
        f"{_LOYALTY}/domain/orders.py",
        "if present.event_id == fact.event_id:",
        "if False:",
        ("tests/unit/loyalty/domain/test_net_orders.py",),
    ),
    Mutation(
        "refunds-add-up-beyond-the-order",
        "refund sum bound",
        _ORDER_LAW,
        "max(0, self.total - self.refunded)",
        "self.total - self.refunded",
        ("tests/unit/loyalty/domain/test_net_orders.py",),
    ),
    Mutation(
        "a-refund-counts-each-time",
        "refund sum bound",
        _ORDER_LAW,
        "self.refunded += amount - standing.amount",
        "self.refunded += amount",
        ("tests/unit/loyalty/domain/test_net_orders.py",),
    ),
    Mutation(
        "the-last-amount-to-arrive-stands",
        "refund sum bound",
        _ORDER_LAW,
        "elif (written, amount) > standing:",
        "elif True:",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "a-pack-forgets-when-refunds-were-issued",
        "refund sum bound",
        f"{_CHURN}/domain/packing.py",
        "Refund(*refund)",
        "Refund(_NEVER, refund[1])",
        ("tests/contract/test_order_law.py",),
    ),
    Mutation(
        "a-refunded-order-is-a-purchase",
        "refund sum bound",
        f"{_CHURN}/domain/purchases.py",
        "return order.refunded == 0 or order.refunded < order.total",
        "return True",
        ("tests/unit/churn/domain/test_order_rule.py",),
    ),
    Mutation(
        "a-late-answer-counts",
        "attempt fence of sends",
        f"{_NOTIFY}/sends/attempt_rows.py",
        "WHERE send_id = $1 AND attempt = $2 AND state = $3",
        "WHERE send_id = $1 AND $2::int IS NOT NULL AND state = $3",
        ("tests/integration/notify/sends/test_send_rule.py",),
    ),
    Mutation(
        "a-late-return-counts",
        "attempt fence of sends",
        f"{_NOTIFY}/sends/attempt_rows.py",
        "WHERE s.send_id = w.send_id AND s.attempt = w.attempt AND s.state = 'sending'",
        "WHERE s.send_id = w.send_id AND s.state = 'sending'",
        ("tests/integration/notify/sends/test_send_rule.py",),
    ),
    Mutation(
        "attempts-are-not-counted",
        "attempt fence of sends",
        f"{_NOTIFY}/sends/due_rows.py",
        "attempt = s.attempt + 1",
        "attempt = greatest(s.attempt, 1)",
        ("tests/integration/notify/sends/test_send_rule.py",),
    ),
    Mutation(
        "a-lost-worker-is-tried-again",
        "what cannot be told is unknown",
        f"{_NOTIFY}/sends/attempt_rows.py",
        "state = 'unknown', reason = 'worker_lost', decided_at = $1, check_at = $1,",
        "state = 'ready', not_before = $1,",
        ("tests/integration/notify/sends/test_send_rule.py",),
    ),
    Mutation(
        "sends-have-ids-by-chance",
        "deterministic derived ids",
        f"{_NOTIFY}/domain/journey.py",
        'return uuid5(NAMESPACE, f"{journey}|{cause_id}|{channel}")',
        'return uuid5(UUID(bytes=__import__("os").urandom(16)), f"{journey}|{cause_id}|{channel}")',
        ("tests/unit/notify/domain/test_journey.py",),
    ),
    Mutation(
        "asked-only-once-about-the-night",
        "quiet hours are looked at again at the claim",
        f"{_NOTIFY}/sends/claim.py",
        "decision = decide(case, terms.policy, now)",
        'decision = Allow() if send.reason == "quiet_hours" else decide(case, terms.policy, now)',
        (
            "tests/integration/notify/sends/test_delivery.py::test_consent_withdrawn_during_the_night_counts_in_the_morning",
        ),
    ),
    Mutation(
        "an-old-address-comes-back",
        "version rule of contacts",
        f"{_NOTIFY}/contacts/apply.py",
        "if event.data.version > present[key].version",
        "if event.data.version > 0",
        ("tests/integration/notify/sends/test_from_trigger_to_message.py::test_an_older_snapshot_changes_nothing",),
    ),
    Mutation(
        "nights-are-days",
        "quiet hours are looked at again at the claim",
        f"{_NOTIFY}/domain/arbiter.py",
        "    allowed = next_allowed(now, case.zone, policy.quiet)\n",
        "    allowed = now\n",
        (
            "tests/integration/notify/sends/test_delivery.py::test_quiet_hours_hold_a_message_until_the_morning_and_ask_again",
        ),
    ),
    Mutation(
        "journeys-begin-before-their-instant",
        "a version governs what was recorded from its instant on",
        f"{_NOTIFY}/domain/journey.py",
        "for version in versions if version.effective_from <= at}",
        "for version in versions}",
        (
            "tests/integration/notify/journeys/test_versions.py::test_the_version_is_that_of_the_instant_when_the_event_was_recorded",
        ),
    ),
    Mutation(
        "sends-end-under-the-built-in-version",
        "a send ends under the version that started it",
        f"{_NOTIFY}/journeys/rows.py",
        "stored.get(key) or built_in.get(key.name)",
        "built_in.get(key.name)",
        ("tests/integration/notify/journeys/test_versions.py::test_a_send_ends_under_the_version_that_started_it",),
    ),
    Mutation(
        "points-of-an-older-entry-come-back",
        "version rule of the ledger's readers",
        f"{_NOTIFY}/contacts/rows.py",
        "points = CASE WHEN w.points_version > c.points_version THEN w.points ELSE c.points END",
        "points = coalesce(w.points, c.points)",
        (
            "tests/integration/notify/sends/test_from_trigger_to_message.py::test_an_older_entry_that_comes_in_a_later_poll_does_not_bring_its_points_back",
        ),
    ),
)
