"""What signals add to a score: visits hold it up, complaints lower it, and their absence says nothing."""

import json
import re
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from churn.domain.bands import band_at, crossing
from churn.domain.forecast.crossing import silence_until
from churn.domain.forecast.curve import fresh_logit, logit_at, prepare
from churn.domain.forecast.heard import SignalWeights, hear
from churn.domain.forecast.lines import lines_of
from churn.domain.forecast.rhythm import Rhythm
from churn.domain.forecast.version import Version, prior_version, version_of
from churn.domain.model import Model
from churn.domain.prospect import prospect_of
from churn.domain.purchases import Paid, purchase_of, statistics
from churn.domain.reasons import reasons, rise_of
from churn.domain.score import Parameters
from churn.domain.signals.experience import Fact, fact, newest
from churn.domain.signals.state import NOTHING, Signals
from churn.domain.signals.visited import both, until, visited_on
from churn.domain.standing import Standing, standing_under
from harness.hearing import DAY, DAY_US, FACTS, signals, weights
from harness.versions import RHYTHMS, versions
from mandegar.calendar import shop_days

DAYS = shop_days("UTC")
SILENT_FROM = (DAY + 1) * DAY_US
LEARNED = SignalWeights(Parameters(1.0, 2.0, 0.3, 2.0), -0.2, 0.4, 0.3, -0.8, -0.4, 0.3)
# Kinds of which facts with one key are one happening, at the first of their times.
STATED_AGAIN = {"cancelled_by_shop", "returned", "promise_broken"}
_DAY_0 = date(1970, 1, 1).toordinal()


def standing(known: Signals, *, days_before: tuple[int, ...] = (), learned: SignalWeights = LEARNED) -> Standing:
    """Somebody who bought on ``DAY`` and before."""
    bought = [
        purchase_of(_DAY_0 + DAY - before, [Paid((DAY - before) * DAY_US + 1, 10**6)]) for before in (*days_before, 0)
    ]
    folded = statistics(bought, DAYS)
    assert folded is not None
    model = Model(1, prior_version()._replace(signals=learned))
    return standing_under(folded, model, DAYS, lambda: folded.day_at_us, known)


@settings(deadline=None, max_examples=100)
@given(versions(), RHYTHMS, signals(), weights())
def test_no_score_rises_in_silence_whatever_was_done_and_told(
    version: Version, rhythm: Rhythm, known: Signals, learned: SignalWeights
) -> None:
    curve = prepare(rhythm, 10.0, version, hear(known, learned, rhythm.x, SILENT_FROM))
    scores = [logit_at(curve, day / 7) for day in range(800)]

    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(scores))
    assert logit_at(curve, 0.0) >= fresh_logit(curve) - 1e-9


@settings(deadline=None, max_examples=100)
@given(versions(), RHYTHMS, signals(), weights(), st.floats(0, 60))
def test_a_line_is_crossed_once_and_at_the_instant_of_a_complaint_if_that_crosses_it(
    version: Version, rhythm: Rhythm, known: Signals, learned: SignalWeights, weeks: float
) -> None:
    curve = prepare(rhythm, 10.0, version, hear(known, learned, rhythm.x, SILENT_FROM))
    line = logit_at(curve, weeks)
    found = silence_until(curve, line)

    assert found <= weeks + 1e-6 or abs(logit_at(curve, weeks) - logit_at(curve, found)) < 1e-9
    assert logit_at(curve, found) <= line + 1e-9
    if found > 1e-3:
        assert logit_at(curve, found * (1 - 1e-9)) >= line - 1e-6


@settings(deadline=None)
@given(signals(), weights(), st.integers(0, 5), st.integers(DAY, DAY + 300))
def test_a_visit_lowers_no_score_on_its_day(known: Signals, learned: SignalWeights, x: int, day: int) -> None:
    """Later it may: silence says more about who came often."""
    so_far = known._replace(visited=until(known.visited, day))
    seen = so_far._replace(visited=both(so_far.visited, visited_on([day])))
    before, after = (hear(each, learned, x, SILENT_FROM) for each in (so_far, seen))

    assert before is not None
    assert after is not None
    weeks = (day - DAY) / 7
    assert after.at(weeks) >= before.at(weeks) - 1e-9


@settings(deadline=None)
@given(signals(), weights(), st.integers(0, 5), FACTS, st.floats(0, 40))
def test_a_complaint_raises_no_score_and_its_answer_lowers_none(
    known: Signals, learned: SignalWeights, x: int, one: Fact, weeks: float
) -> None:
    """But for one that is stated again, with an earlier time: it happened once, and then."""
    assume(
        not (one.kind in STATED_AGAIN and any((one.kind, one.key) == (other.kind, other.key) for other in known.facts))
    )
    told = known._replace(facts=newest([*known.facts, one]))
    before, after = (hear(each, learned, x, SILENT_FROM) for each in (known, told))

    assert before is not None
    assert after is not None
    change = after.at(weeks) - before.at(weeks)
    if one.kind in {"ticket_opened", "reviewed", "rated_low", "cancelled_by_shop", "returned"}:
        assert change <= 1e-9
    if one.kind in {"ticket_answered", "ticket_closed", "praised", "rated_high", "delivered"}:
        assert change >= -1e-9


def test_a_cancellation_that_is_stated_again_counts_from_its_first_time_whichever_comes_first() -> None:
    first, again = (fact("cancelled_by_shop", SILENT_FROM + days * DAY_US, key="o-1") for days in (-1, 5))
    both_ways = ([first, again], [again, first])

    for facts in both_ways:
        heard = hear(Signals(facts=newest(facts)), LEARNED, 1, SILENT_FROM)  # type: ignore[arg-type]
        assert heard is not None
        assert heard.steps == (), "the purchase after it has forgiven it"


@given(versions(), RHYTHMS, st.floats(0, 400))
def test_a_shop_that_sends_no_signals_has_the_very_scores_of_purchases_alone(
    version: Version, rhythm: Rhythm, weeks: float
) -> None:
    assert hear(NOTHING, version.signals, rhythm.x, SILENT_FROM) is None
    curve = prepare(rhythm, 10.0, version)
    assert logit_at(curve, weeks) == logit_at(prepare(rhythm, 10.0, version, None), weeks)
    assert "signals" not in version.numbers()


@given(versions(), weights())
def test_the_numbers_of_a_version_come_back_with_and_without_signals(version: Version, learned: SignalWeights) -> None:
    for one in (version, version._replace(signals=learned)):
        assert version_of(json.loads(json.dumps(one.numbers()))) == one


def test_who_still_visits_is_not_at_risk_when_silence_alone_would_say_so() -> None:
    often = (40, 30, 20, 10)
    known = Signals(visited_on(range(DAY - 40, DAY + 60, 4)))
    gone = Signals(visited_on(range(DAY - 40, DAY, 4)))
    at_us = SILENT_FROM + 60 * DAY_US

    by_visits, by_silence = (band_at(standing(each, days_before=often), at_us) for each in (known, gone))
    assert by_visits.band == "healthy"
    assert by_silence.band != "healthy"


def test_a_promise_that_passes_its_due_instant_crosses_a_line_at_that_instant() -> None:
    due_us = SILENT_FROM + 3 * DAY_US + 7_000_000
    promised = Signals(facts=newest([fact("delivery_promised", due_us, 2.0, "p")]))  # type: ignore[list-item]
    kept = Signals(facts=newest([*promised.facts, fact("promise_kept", due_us - DAY_US, key="p")]))  # type: ignore[list-item]
    learned = LEARNED._replace(unhappy=-3.0)

    waiting, done = (standing(each, learned=learned) for each in (promised, kept))
    coming = crossing(waiting, 0)
    assert coming is not None
    assert coming.at_us == due_us
    assert band_at(waiting, due_us - 1).band == "healthy"
    assert band_at(waiting, due_us - 1).next == coming
    assert band_at(waiting, due_us).since_us == due_us
    assert band_at(done, due_us).band == "healthy"


@settings(deadline=None, max_examples=60)
@given(signals(), st.lists(st.integers(1, 90), max_size=4, unique=True), st.integers(0, 300), weights())
def test_weights_of_reasons_add_up_to_the_rise_in_both_languages(
    known: Signals, before: list[int], silent: int, learned: SignalWeights
) -> None:
    one = standing(known, days_before=tuple(sorted(before, reverse=True)), learned=learned)
    at_us = SILENT_FROM + silent * DAY_US + DAY_US // 2
    moment, band = one.at(at_us), band_at(one, at_us).band

    english, persian = (reasons(one, moment, band, language) for language in ("en", "fa"))
    total = sum(Decimal(repr(reason.weight)) for reason in english)
    assert total == Decimal(repr(rise_of(one, moment)))
    assert abs(float(total) - (one.fresh - moment.logit)) < 1e-4
    assert [reason.weight for reason in english] == [reason.weight for reason in persian]
    assert all(not re.search("[A-Za-z0-9]", reason.text) for reason in persian)


@settings(deadline=None, max_examples=60)
@given(signals(), st.integers(1, 300), weights())
def test_the_order_that_is_named_as_the_act_does_bring_back(
    known: Signals, silent: int, learned: SignalWeights
) -> None:
    told_until = Signals(
        visited_on(day for day in known.visited.days() if day <= DAY + 1 + silent),
        tuple(each for each in known.facts if each.at < (DAY + 1 + silent) * 86_400),
    )
    one = standing(told_until, learned=learned)
    act = prospect_of(one, one.at(SILENT_FROM + silent * DAY_US)).act
    assert act is not None

    bought = standing_under(_after(one, silent), one.model, DAYS, partial(int, 0), told_until)
    at_us = bought.statistics.silent_from_us
    assert band_at(bought, at_us).band == "healthy"
    assert abs(bought.at(at_us).risk - act.risk) < 1e-9
    assert bought.fresh <= 0 or lines_of(bought.fresh)[0] < bought.fresh


def _after(one: Standing, silent: int):
    days = [one.statistics.last_day, one.statistics.last_day + 1 + silent]
    bought = [purchase_of(day, [Paid(DAYS.start_of(day) + 1, 10**6)]) for day in days]
    return statistics(bought, DAYS)


def test_a_promise_for_the_day_of_the_purchase_is_broken_when_that_day_is_over_and_no_sooner() -> None:
    promised = Signals(facts=newest([fact("delivery_promised", SILENT_FROM, key="p")]))  # type: ignore[list-item]
    one, other = (standing(each, learned=LEARNED._replace(unhappy=-3.0)) for each in (promised, NOTHING))
    on_day, over = one.at(SILENT_FROM - 1), one.at(SILENT_FROM)

    assert rise_of(one, on_day) == 0.0
    assert prospect_of(one, on_day).outlook == prospect_of(other, on_day).outlook
    assert band_at(one, SILENT_FROM - 1).next == crossing(one, 0)
    assert band_at(one, SILENT_FROM).band == "lost"
    assert abs(rise_of(one, over) - (one.fresh - over.logit)) < 1e-5


@settings(deadline=None)
@given(signals(), st.sampled_from(["UTC", "Asia/Tehran", "America/New_York"]), st.integers(-3, 3), weights())
def test_weights_add_up_where_the_silence_begins(
    known: Signals, zone: str, offset: int, learned: SignalWeights
) -> None:
    days = shop_days(zone)
    folded = statistics([purchase_of(_DAY_0 + DAY, [Paid(days.start_of(_DAY_0 + DAY), 10**6)])], days)
    assert folded is not None
    model = Model(1, prior_version()._replace(signals=learned))
    one = standing_under(folded, model, days, lambda: folded.day_at_us, known)
    moment = one.at(folded.silent_from_us + offset)

    told = reasons(one, moment, band_at(one, moment.at_us).band)
    assert sum(round(reason.weight * 10**6) for reason in told) == round(rise_of(one, moment) * 10**6)
    assert abs(rise_of(one, moment) - (one.fresh - moment.logit)) < 1e-4


def test_who_visited_after_the_purchase_and_stopped_is_not_said_to_visit_still() -> None:
    one = standing(Signals(visited_on(range(DAY + 2, DAY + 20))))
    at_us = SILENT_FROM + 200 * DAY_US

    told = {reason.code: reason.weight for reason in reasons(one, one.at(at_us), band_at(one, at_us).band)}
    assert told["fewer_visits"] > 0
    assert "still_visits" not in told


def test_a_promise_of_years_ahead_crosses_a_line_at_its_very_microsecond() -> None:
    often = tuple(range(3000, 0, -300))
    for day in range(1000, 1400):
        due_us = SILENT_FROM + day * 86_477_000_000
        promised = Signals(facts=newest([fact("promised", due_us, 2.0, "p")]))  # type: ignore[list-item]
        one = standing(promised, days_before=often, learned=LEARNED._replace(unhappy=-9.0))
        passed = band_at(one, due_us)
        assert passed.band == "lost"
        assert passed.since_us == due_us
