"""Guards of what people are told of customers: reasons, bands, values, points and programmes."""

from mutants.mutation import Mutation

_CHURN = "services/churn/src/churn"
_NOTIFY = "services/notify/src/notify"
_CHURN_SAYS = "tests/integration/notify/sends/test_what_churn_says.py"
_LOYALTY = "services/loyalty/src/loyalty"
_DOCUMENTS = "libs/shared/src/mandegar/documents"

_REASONS = ("tests/unit/churn/domain/test_reasons.py",)
_VERSIONS = ("tests/integration/shared/documents/test_versions.py",)
_ZONES = ("tests/unit/loyalty/domain/test_zones.py",)
_WAY_OUT = ("tests/integration/loyalty/programme/test_way_out.py",)
_CROSSING = ("tests/integration/churn/customers/test_crossing.py",)

MUTATIONS = (
    Mutation(
        "a-gap-is-usual-after-one",
        "a usual gap needs two gaps",
        f"{_CHURN}/domain/reasons.py",
        "_GAPS_MIN: Final = 2",
        "_GAPS_MIN: Final = 1",
        _REASONS,
    ),
    Mutation(
        "a-healthy-customer-is-slowing-down",
        "reasons agree with the band",
        f"{_CHURN}/domain/reasons.py",
        'None if band == "healthy" else _lateness(statistics, days)',
        "_lateness(statistics, days)",
        _REASONS,
    ),
    Mutation(
        "slowing-down-from-44-to-44",
        "the figures of a text differ in the direction that it states",
        f"{_CHURN}/domain/reasons.py",
        "if late.widened > late.gap:",
        "if True:",
        _REASONS,
    ),
    Mutation(
        "days-of-24-hours",
        "days are those of the calendar",
        f"{_CHURN}/domain/standing.py",
        "max(0, self.days.day_of(at_us) - self.statistics.last_day)",
        "max(0, at_us - self.statistics.last_at_us) // 86_400_000_000",
        _REASONS,
    ),
    Mutation(
        "a-card-shows-the-value-of-the-moment",
        "one value at risk for card, risk and list",
        f"{_CHURN}/domain/assessment.py",
        "value_at_risk=value_at_risk(standing, standing.at(span.since_us)),",
        "value_at_risk=value_at_risk(standing, moment),",
        ("tests/integration/churn/risk/test_risk_routes.py",),
    ),
    Mutation(
        "a-list-shows-who-has-left-the-band",
        "a list has the customers of its band",
        f"{_CHURN}/lists/routes.py",
        "if assessed is not None and asked.wanted.band in {None, assessed.band}:",
        "if assessed is not None:",
        ("tests/integration/churn/risk/test_risk_routes.py",),
    ),
    Mutation(
        "bands-are-left-in-silence",
        "no purchase left is published",
        f"{_CHURN}/domain/publication.py",
        "if previous is None:",
        "if True:",
        _CROSSING,
    ),
    Mutation(
        "a-mail-about-what-was-given-back-is-tried-again",
        "the arbiter asks whether a purchase is left",
        f"{_NOTIFY}/sends/claim.py",
        'send.cause_type in ABOUT_BANDS and send.payload.get("version", 0) < contact.band_left_version',
        "False",
        ("tests/integration/notify/sends/test_from_trigger_to_message.py",),
    ),
    Mutation(
        "a-model-writes-to-everybody-whom-it-moves",
        "a journey begins where customers arrive, not where they are put",
        f"{_NOTIFY}/domain/journey.py",
        ' or data.get("brought_over")',
        "",
        (f"{_CHURN_SAYS}::test_nobody_is_written_to_whom_a_model_a_definition_or_a_history_has_brought_somewhere",),
    ),
    Mutation(
        "a-mail-about-a-place-that-was-left-is-tried-again",
        "what is in the hands of a worker is over, too",
        f"{_NOTIFY}/sends/claim.py",
        'moved_on="moved_on" in send.payload',
        "moved_on=False",
        (f"{_CHURN_SAYS}::test_a_message_that_is_tried_again_is_withheld_if_the_customer_has_moved_on_meanwhile",),
    ),
    Mutation(
        "a-relay-that-refuses-a-shop-costs-all-of-its-mail",
        "refusals that may be of all stop the mail of a shop",
        f"{_NOTIFY}/sends/worker.py",
        "            outcome = self.refusals.after(journey, outcome)\n",
        "",
        (
            "tests/integration/notify/sends/test_provider_faults.py::test_refusals_in_words_that_nobody_knows_cost_a_shop_a_few_mails_and_the_others_wait",
        ),
    ),
    Mutation(
        "who-enters-again-in-one-batch-hears-nothing",
        "an exit ends what was before it alone",
        f"{_NOTIFY}/sends/moves_rows.py",
        " AND s.cause_id <> ALL($7::uuid[])",
        " AND cardinality($7::uuid[]) >= 0",
        (f"{_CHURN_SAYS}::test_who_has_left_a_segment_and_entered_it_again_is_written_to_for_the_second_time_alone",),
    ),
    Mutation(
        "a-deadline-may-be-missing",
        "a deadline is a field that every event has",
        f"{_NOTIFY}/journeys/event_fields.py",
        "if field.type is datetime)",
        "if field.type in (datetime, datetime | None))",
        ("tests/unit/notify/journeys/test_document.py",),
    ),
    Mutation(
        "two-versions-begin-at-one-instant",
        "versions of a document begin at different instants",
        f"{_DOCUMENTS}/versions.py",
        "if previous and previous.effective_from == begins:",
        "if False:",
        _VERSIONS,
    ),
    Mutation(
        "the-past-is-open-to-every-version",
        "a version begins in the past only where nothing was decided since",
        f"{_DOCUMENTS}/versions.py",
        "if is_unused is None or not await is_unused(previous.version if previous else 0, begins, end):",
        "if is_unused is None:",
        _VERSIONS,
    ),
    Mutation(
        "a-version-that-was-used-is-withdrawn",
        "a version in force is withdrawn only if nobody has earned points under it",
        f"{_LOYALTY}/programme/rows.py",
        "return not await has_earned(connection, shop, version, since, until)",
        "return True",
        _WAY_OUT,
    ),
    Mutation(
        "customers-stay-under-a-withdrawn-version",
        "customers are recomputed when a version in force is withdrawn",
        f"{_DOCUMENTS}/rows.py",
        """restart=", recomputed_to = '', recomputed_at = NULL" if kind.recomputed else "",""",
        'restart="",',
        _WAY_OUT,
    ),
    Mutation(
        "a-new-zone-revives-points",
        "an expiry that took effect before a change of zone stays",
        f"{_LOYALTY}/domain/zones.py",
        "while period + 1 < len(self._begins) and at > self._begins[period + 1]:",
        "while period + 1 < len(self._begins):",
        _ZONES,
    ),
    Mutation(
        "a-new-zone-moves-the-last-day",
        "the last day is counted in the zone of the payment",
        f"{_LOYALTY}/domain/zones.py",
        "self.end_of(self._calendars[self._period(earned_at)].day_of",
        "self.end_of(self._calendars[-1].day_of",
        _ZONES,
    ),
    Mutation(
        "a-warning-is-remembered-by-its-instant",
        "a warning names the last day in any zone",
        f"{_LOYALTY}/domain/expiries.py",
        "or not warned.isdisjoint(lot.midnights):",
        "or lot.expires_at in warned:",
        _ZONES,
    ),
    Mutation(
        "a-customer-is-given-more-than-fits",
        "the points of a customer fit into the ledger",
        f"{_LOYALTY}/domain/timeline.py",
        "debt = _follow(lots, lot, step, debt, TOTAL_MAX - given, judge)",
        "debt = _follow(lots, lot, step, debt, 10 * TOTAL_MAX, judge)",
        ("tests/integration/loyalty/programme/test_any_document.py",),
    ),
)
